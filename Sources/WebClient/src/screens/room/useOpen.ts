import { useEffect, useState } from "react";
import { play } from "../../net/roomSession";

/** Whether a room instant has come. Everybody sees a question open at the same one. */
export function useOpen(opensAt: number): boolean {
  // The state only brings about a new look at the clock: after a pause the answer must be right in the same frame.
  const [, setLooks] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = (): void => {
      clearTimeout(timer);
      const waitMs = opensAt - play.clock.now();
      if (waitMs <= 0) setLooks((looks) => looks + 1);
      else timer = setTimeout(check, waitMs);
    };
    check();
    const end = play.clock.offset.subscribe(check);
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [opensAt]);
  return play.clock.now() >= opensAt;
}
