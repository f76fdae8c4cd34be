import { useAsk } from "../../components/useAsk";
import { Icon } from "../../components/Icon";
import { useText } from "../../i18n";
import { app } from "../../state/app";
import { useStore } from "../../state/useStore";

/** The host leads: pause, go on, next. */
export function HostBar() {
  const t = useText();
  const ask = useAsk();
  const paused = useStore(app, (state) => state.room?.paused !== undefined);
  const phase = useStore(app, (state) => state.room?.phase);
  const asking = phase === "question" || phase === "locked" || phase === "countdown";
  return (
    <div className="host-bar" role="group" aria-label={t("host.controls")}>
      <span className="tag gold">
        <Icon name="crown" />
        {t("host.you")}
      </span>
      {paused
        ? (
          <button
            type="button"
            className="btn primary"
            data-testid="resume-button"
            onClick={() => ask("game:resume", {})}
          >
            <Icon name="play" />
            {t("host.resume")}
          </button>
        )
        : (
          <button type="button" className="btn" data-testid="pause-button" onClick={() => ask("game:pause", {})}>
            <Icon name="pause" />
            {t("host.pause")}
          </button>
        )}
      <button type="button" className="btn" data-testid="skip-button" onClick={() => ask("game:skip", {})}>
        <Icon name="skip" />
        {t(asking ? "host.skip" : "host.next")}
      </button>
    </div>
  );
}
