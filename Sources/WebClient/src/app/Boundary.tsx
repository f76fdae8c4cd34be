import { Component, type ErrorInfo, type ReactNode } from "react";
import { Icon } from "../components/Icon";
import { translate } from "../i18n";

/** Catches what a screen throws while it draws, a chunk that no longer exists after a deployment included. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: Error, { componentStack }: ErrorInfo): void {
    console.error(error, componentStack);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="gate panel" role="alert" data-testid="crashed">
        <span className="badge">
          <Icon name="cross" />
        </span>
        <h1>{translate("boundary.title")}</h1>
        <p className="dim">{translate("boundary.hint")}</p>
        <button type="button" className="btn primary big" onClick={() => location.reload()}>
          {translate("boundary.reload")}
        </button>
      </div>
    );
  }
}
