import { useEffect, useRef } from "react";
import { useText } from "../i18n";
import { play } from "../net/roomSession";
import { reducedMotion } from "../state/preferences";
import { tick } from "./sounds";
import { Icon } from "./Icon";

interface RingProps {
  /** Room time, milliseconds. */
  opensAt: number;
  closesAt: number;
  /** Paused or saving: the clock stands still. */
  still: boolean;
}

/** Seconds at which the time left is read out. */
const spokenAt = new Set([10, 5]);
const lowSeconds = 5;

/**
 * The countdown on the room's clock. It writes its number itself, once a second: no part of React runs for it, and
 * screen readers hear only the separate status line.
 */
export function Ring({ opensAt, closesAt, still }: RingProps) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const arc = useRef<SVGCircleElement>(null);
  const number = useRef<HTMLElement>(null);
  const spoken = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    if (still) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let turning: Animation | undefined;
    const step = (): void => {
      const leftMs = Math.max(0, closesAt - Math.max(opensAt, play.clock.now()));
      const seconds = Math.ceil(leftMs / 1_000);
      if (number.current) number.current.textContent = String(seconds);
      box.current?.setAttribute("data-low", String(seconds <= lowSeconds));
      if (spoken.current && spokenAt.has(seconds)) spoken.current.textContent = t("ring.left", { n: seconds });
      if (spoken.current && seconds === 0) spoken.current.textContent = t("ring.over");
      if (seconds > 0 && seconds <= lowSeconds) tick();
      if (leftMs > 0) timer = setTimeout(step, leftMs % 1_000 || 1_000);
    };
    const start = (): void => {
      clearTimeout(timer);
      turning?.cancel();
      const duration = Math.max(1, closesAt - opensAt);
      const easing = reducedMotion() ? `steps(${Math.ceil(duration / 1_000)})` : "linear";
      turning = arc.current?.animate([{ strokeDashoffset: 0 }, { strokeDashoffset: 100 }], {
        duration,
        fill: "both",
        easing,
      });
      if (turning) turning.currentTime = Math.max(0, play.clock.now() - opensAt);
      step();
    };
    start();
    const end = play.clock.offset.subscribe(start);
    return () => {
      end();
      clearTimeout(timer);
      turning?.cancel();
    };
  }, [opensAt, closesAt, still, t]);

  return (
    <div className="ring" ref={box} data-still={still}>
      <div role="timer" aria-label={t("ring.label")} aria-live="off" data-testid="countdown">
        <svg viewBox="0 0 120 120" aria-hidden="true">
          <circle className="track" cx="60" cy="60" r="52" />
          <circle ref={arc} className="arc" cx="60" cy="60" r="52" pathLength={100} />
        </svg>
        {still ? <Icon name="pause" label={t("ring.still")} /> : <b ref={number} />}
      </div>
      <span className="sr" role="status" ref={spoken} />
    </div>
  );
}
