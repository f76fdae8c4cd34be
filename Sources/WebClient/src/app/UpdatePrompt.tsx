import { useText } from "../i18n";
import { useStore } from "../state/useStore";
import { takeUpdate, update } from "./update";

/** A new version is there; the player says when. */
export function UpdatePrompt() {
  const t = useText();
  const waiting = useStore(update, (worker) => worker !== undefined);
  if (!waiting) return null;
  return (
    <div className="update" role="status" data-testid="update-prompt">
      <span>{t("update.ready")}</span>
      <button type="button" className="btn primary small" onClick={takeUpdate}>{t("update.take")}</button>
    </div>
  );
}
