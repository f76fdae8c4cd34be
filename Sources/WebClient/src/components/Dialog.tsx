import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { useText } from "../i18n";
import { Icon } from "./Icon";

/** A modal window on `<dialog>`: the browser keeps the focus inside and closes it by Escape. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  const t = useText();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed before it leaves the page: only then the browser gives the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={close}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        <button type="button" className="btn icon-btn" aria-label={t("action.close")} onClick={close}>
          <Icon name="cross" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
