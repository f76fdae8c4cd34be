import { Choice, Switch } from "../components/Inputs";
import { Link } from "../components/Link";
import { Panel } from "../components/Panel";
import { paths } from "../app/router";
import { useText } from "../i18n";
import { play } from "../net/roomSession";
import { session, signOut } from "../net/session";
import { type Language, preferences, type TextSize, type Theme } from "../state/preferences";
import { useStore } from "../state/useStore";

const languages: readonly (readonly [Language, string])[] = [["en", "English"], ["de", "Deutsch"]];

/** `/settings`: what this browser remembers. The system's own settings come first. */
export function SettingsScreen() {
  const t = useText();
  const now = useStore(preferences, (value) => value);
  const who = useStore(session, (value) => value);
  const themes: readonly (readonly [Theme, string])[] = [["system", t("prefs.system")], ["dark", t("prefs.dark")], [
    "light",
    t("prefs.light"),
  ]];
  const sizes: readonly (readonly [TextSize, string])[] = [["normal", t("prefs.normal")], ["large", t("prefs.large")], [
    "huge",
    t("prefs.huge"),
  ]];
  const forget = (): void => {
    play.close();
    void signOut();
  };
  return (
    <div className="page narrow">
      <h1 tabIndex={-1}>{t("prefs.title")}</h1>
      <Panel title={t("prefs.looks")} className="form">
        <Choice
          label={t("prefs.language")}
          value={now.language}
          options={languages}
          change={(language) => preferences.patch({ language })}
          testid="pref-language"
        />
        <Choice
          label={t("prefs.theme")}
          value={now.theme}
          options={themes}
          change={(theme) => preferences.patch({ theme })}
          testid="pref-theme"
        />
        <Choice
          label={t("prefs.text")}
          value={now.text}
          options={sizes}
          change={(text) => preferences.patch({ text })}
          testid="pref-text"
        />
        <Switch
          label={t("prefs.motion")}
          hint={t("prefs.motionHint")}
          on={now.motion === "reduce"}
          change={(on) => preferences.patch({ motion: on ? "reduce" : "system" })}
          testid="pref-motion"
        />
        <Switch
          label={t("prefs.sound")}
          on={now.sound}
          change={(sound) => preferences.patch({ sound })}
          testid="pref-sound"
        />
      </Panel>
      <Panel title={t("prefs.you")} className="form">
        <p>{who ? t("prefs.signedInAs", { name: who.nickname }) : t("prefs.nobody")}</p>
        {who && (
          <button type="button" className="btn bad" onClick={forget} data-testid="sign-out">
            {t("prefs.signOut")}
          </button>
        )}
      </Panel>
      <p className="row-of-buttons">
        <Link href={paths.licences} className="btn quiet">{t("licences.title")}</Link>
      </p>
    </div>
  );
}
