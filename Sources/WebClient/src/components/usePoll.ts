import { useEffect, useState } from "react";
import type { Fault, Result } from "../net/result";

/** The newest answer, and why there is no newer one. */
export interface Polled<T> {
  value?: T;
  fault?: Fault;
  /** When the newest answer came, by `performance.now()`. */
  at?: number;
  /** How long there has been none since; milliseconds. */
  silentMs?: number;
}

/** Asks again and again, one question at a time; not while nobody looks. `key` begins anew. */
export function usePoll<T>(key: string, ask: () => Promise<Result<T>>, everyMs: number): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let isAsking = false;
    const step = async (): Promise<void> => {
      if (!document.hidden) {
        isAsking = true;
        const answer = await ask();
        isAsking = false;
        if (isOver) return;
        setPolled((before) =>
          answer.ok ? { value: answer.value, at: performance.now() } : {
            ...before,
            fault: answer.fault,
            silentMs: before.at === undefined ? undefined : performance.now() - before.at,
          }
        );
      }
      timer = setTimeout(() => void step(), everyMs);
    };
    const look = (): void => {
      if (document.hidden || isAsking) return;
      clearTimeout(timer);
      void step();
    };
    void step();
    document.addEventListener("visibilitychange", look);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
    // `ask` is a new function on each render; the key says when it means something else.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key, everyMs]);
  return polled;
}
