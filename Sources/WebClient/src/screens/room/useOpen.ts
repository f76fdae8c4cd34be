import { useEffect, useState } from "react";
import { play } from "../../net/roomSession";

/** Whether a room instant has come. Everybody sees a question open at the same one. */
export function useOpen(opensAt: number): boolean {
  const [openedAt, setOpenedAt] = useState(() => (play.clock.now() >= opensAt ? opensAt : undefined));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = (): void => {
      clearTimeout(timer);
      const waitMs = opensAt - play.clock.now();
      if (waitMs <= 0) setOpenedAt(opensAt);
      else timer = setTimeout(check, waitMs);
    };
    check();
    const end = play.clock.offset.subscribe(check);
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [opensAt]);
  return openedAt === opensAt;
}
