import { useEffect, useRef } from "react";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import { app } from "../../state/app";
import { useStore } from "../../state/useStore";
import { tick } from "../../components/sounds";

/** Three, two, one, on the room's clock. */
export function Countdown() {
  const t = useText();
  const game = useStore(app, (state) => state.room?.game);
  const title = useStore(app, (state) => state.room?.settings.title);
  const still = useStore(app, (state) => state.room?.paused !== undefined || state.room?.saving === true);
  const number = useRef<HTMLElement>(null);
  const until = game?.until;
  useEffect(() => {
    if (until === undefined || still) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = (): void => {
      clearTimeout(timer);
      const leftMs = Math.max(0, until - play.clock.now());
      if (number.current) number.current.textContent = leftMs > 0 ? String(Math.ceil(leftMs / 1_000)) : "";
      if (leftMs === 0) return;
      tick();
      timer = setTimeout(step, leftMs % 1_000 || 1_000);
    };
    step();
    const end = play.clock.offset.subscribe(step);
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [until, still]);
  return (
    <section className="stage countdown" aria-labelledby="stage-title" data-testid="countdown-stage">
      <p className="eyebrow">{title}</p>
      <h1 id="stage-title">{t("countdown.title")}</h1>
      <div className="burst" aria-hidden="true">
        <b ref={number} />
      </div>
      <p className="dim">{t("settings.questions", { n: game?.of ?? 0 })}</p>
    </section>
  );
}
