import { useEffect, useRef } from "react";

const pieces = 140;
const hues = [18, 85, 155, 200, 255, 310];
const gravity = 0.00042;
const lengthMs = 5_200;

interface Piece {
  x: number;
  y: number;
  dx: number;
  dy: number;
  turn: number;
  spin: number;
  size: number;
  colour: string;
}

const between = (low: number, high: number): number => low + Math.random() * (high - low);

/** Two bursts from below. Never drawn under reduced motion: its caller sees to that. */
export function Confetti() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    if (!element || !pen) return;
    const width = (element.width = element.clientWidth);
    const height = (element.height = element.clientHeight);
    const all: Piece[] = Array.from({ length: pieces }, (_, place) => {
      const left = place % 2 === 0;
      return {
        x: left ? width * 0.08 : width * 0.92,
        y: height * 0.75,
        dx: between(0.08, 0.75) * (left ? 1 : -1) * (width / 1_000),
        dy: -between(0.45, 1.05) * Math.sqrt(height / 1_000),
        turn: between(0, 6),
        spin: between(-0.012, 0.012),
        size: between(6, 12),
        colour: `oklch(0.78 0.17 ${hues[place % hues.length] ?? 0})`,
      };
    });
    const begin = performance.now();
    let before = begin;
    let frame = 0;
    const step = (now: number): void => {
      const ms = Math.min(40, now - before);
      before = now;
      pen.clearRect(0, 0, width, height);
      pen.globalAlpha = Math.max(0, Math.min(1, (lengthMs - (now - begin)) / 1_200));
      for (const piece of all) {
        piece.dy += gravity * ms;
        piece.dx *= 0.995;
        piece.x += piece.dx * ms;
        piece.y += piece.dy * ms;
        piece.turn += piece.spin * ms;
        pen.save();
        pen.translate(piece.x, piece.y);
        pen.rotate(piece.turn);
        pen.fillStyle = piece.colour;
        pen.fillRect(
          -piece.size / 2,
          -piece.size / 4,
          piece.size,
          (piece.size / 2) * Math.abs(Math.cos(piece.turn * 1.7)) + 1,
        );
        pen.restore();
      }
      if (now - begin < lengthMs) frame = requestAnimationFrame(step);
      else pen.clearRect(0, 0, width, height);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, []);
  return <canvas ref={canvas} className="confetti" aria-hidden="true" />;
}
