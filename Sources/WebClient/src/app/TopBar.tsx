import { CodeChip } from "../components/CodeChip";
import { ConnectionPill } from "../components/ConnectionPill";
import { Icon } from "../components/Icon";
import { Link } from "../components/Link";
import { Logo } from "../components/Logo";
import { useText } from "../i18n";
import { app } from "../state/app";
import { preferences } from "../state/preferences";
import { useStore } from "../state/useStore";
import { paths, type Route } from "./router";

export function TopBar({ here }: { here: Route }) {
  const t = useText();
  const sound = useStore(preferences, (value) => value.sound);
  const code = useStore(app, (state) => (state.membership === "in" ? state.room?.code : undefined));
  const inRoom = here.name === "room" || here.name === "display";
  return (
    <header className="top">
      <Link className="brand" href={paths.home} aria-label="QuizMania">
        <Logo />
        <span className="brand-text" aria-hidden="true">
          Quiz<b>Mania</b>
        </span>
      </Link>
      {code !== undefined && inRoom && <CodeChip code={code} />}
      {code !== undefined && !inRoom && (
        <Link className="btn primary" href={paths.room(code)} data-testid="back-to-room">
          {t("nav.back", { code })}
        </Link>
      )}
      <span className="spring" />
      {inRoom && <ConnectionPill />}
      <button
        type="button"
        className="btn icon-btn"
        aria-pressed={sound}
        aria-label={t("nav.sound")}
        data-testid="sound-toggle"
        onClick={() => preferences.patch({ sound: !sound })}
      >
        <Icon name={sound ? "soundOn" : "soundOff"} />
      </button>
      <Link className="btn icon-btn" href={paths.settings} aria-label={t("prefs.title")} data-testid="settings-link">
        <Icon name="gear" />
      </Link>
    </header>
  );
}
