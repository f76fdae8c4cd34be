import { useText } from "../i18n";
import { dismiss, notices } from "../state/notices";
import { useStore } from "../state/useStore";
import { Icon } from "./Icon";

export function Notices() {
  const t = useText();
  const all = useStore(notices, (value) => value);
  return (
    <div className="notices" role="status" aria-live="polite">
      {all.map(({ id, text, tone }) => (
        <div key={id} className="notice" data-tone={tone} data-testid="notice">
          <span>{text}</span>
          <button
            type="button"
            className="btn icon-btn quiet"
            aria-label={t("action.dismiss")}
            onClick={() => dismiss(id)}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
