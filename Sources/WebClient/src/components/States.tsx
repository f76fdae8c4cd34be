import type { ReactNode } from "react";
import { useText } from "../i18n";
import type { Fault } from "../net/result";
import { Icon } from "./Icon";

/** What a screen shows while it waits, when there is nothing, and when something failed. */
export function Loading() {
  const t = useText();
  return (
    <div className="state" role="status" data-testid="loading">
      <span className="spinner" aria-hidden="true" />
      <p>{t("state.loading")}</p>
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return (
    <div className="state" data-testid="empty">
      <Icon name="hexagon" />
      <p>{children}</p>
    </div>
  );
}

export function Failed({ fault, retry }: { fault: Fault; retry?: () => void }) {
  const t = useText();
  return (
    <div className="state" role="alert" data-testid="failed">
      <Icon name={fault.code === "offline" ? "link" : "cross"} />
      <p>{t(`error.${fault.code}`)}</p>
      {retry && (
        <button type="button" className="btn" onClick={retry}>
          {t("action.retry")}
        </button>
      )}
    </div>
  );
}
