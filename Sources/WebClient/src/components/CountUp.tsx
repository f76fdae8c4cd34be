import { useEffect, useRef } from "react";
import { numberText } from "../i18n";
import { reducedMotion } from "../state/preferences";

const lengthMs = 700;

/** A number that climbs to its value; screen readers get the value at once. */
export function CountUp({ to, sign = "" }: { to: number; sign?: string }) {
  const shown = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const write = (value: number): void => {
      if (shown.current) shown.current.textContent = `${sign}${numberText(value)}`;
    };
    if (reducedMotion() || to === 0) return write(to);
    const begin = performance.now();
    let frame = 0;
    const step = (now: number): void => {
      const part = Math.min(1, (now - begin) / lengthMs);
      write(Math.round(to * (1 - (1 - part) ** 3)));
      if (part < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [to, sign]);
  return (
    <>
      <span ref={shown} aria-hidden="true" />
      <span className="sr">{sign}{numberText(to)}</span>
    </>
  );
}
