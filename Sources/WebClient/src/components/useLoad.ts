import { useCallback, useEffect, useState } from "react";
import type { Fault, Result } from "../net/result";

export type Loaded<T> =
  | { status: "loading"; reload: () => void }
  | { status: "ready"; value: T; reload: () => void }
  | { status: "failed"; fault: Fault; reload: () => void };

type Outcome<T> = { key: string; result: Result<T> };

/** Loads once per key, and again by `reload`, when the network comes back, or every `everyMs`. */
export function useLoad<T>(key: string, load: () => Promise<Result<T>>, everyMs?: number): Loaded<T> {
  const [outcome, setOutcome] = useState<Outcome<T>>();
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  useEffect(() => {
    let wanted = true;
    void load().then((result) => {
      if (wanted) setOutcome({ key, result });
    });
    return () => {
      wanted = false;
    };
    // `load` is a new function on each render; the key says when it means something else.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key, round]);
  useEffect(() => {
    addEventListener("online", reload);
    const timer = everyMs === undefined ? undefined : setInterval(() => !document.hidden && reload(), everyMs);
    return () => {
      removeEventListener("online", reload);
      clearInterval(timer);
    };
  }, [reload, everyMs]);
  if (outcome?.key !== key) return { status: "loading", reload };
  const { result } = outcome;
  return result.ok
    ? { status: "ready", value: result.value, reload }
    : { status: "failed", fault: result.fault, reload };
}
