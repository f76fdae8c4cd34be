import { Icon } from "../../components/Icon";
import { useText } from "../../i18n";
import type { RoomSettings } from "../../protocol.generated";

/** A room's settings in a line of small tags. */
export function SettingsLine({ settings, locked }: { settings: RoomSettings; locked: boolean }) {
  const t = useText();
  return (
    <p className="tags">
      <span className="tag">{t("settings.questions", { n: settings.questionCount })}</span>
      <span className="tag">
        <Icon name="clock" />
        {t("settings.seconds", { n: settings.answerWindowMs / 1_000 })}
      </span>
      <span className="tag">
        {settings.difficulty ? t(`difficulty.${settings.difficulty}`) : t("difficulty.mixed")}
      </span>
      <span className="tag">{t(`visibility.${settings.visibility}`)}</span>
      {!settings.speedPoints && <span className="tag">{t("settings.noSpeed")}</span>}
      {locked && (
        <span className="tag gold" data-testid="locked-tag">
          <Icon name="lock" />
          {t("lobby.locked")}
        </span>
      )}
    </p>
  );
}
