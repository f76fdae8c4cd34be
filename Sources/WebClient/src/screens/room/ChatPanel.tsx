import { useCallback, useEffect, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import { useText } from "../../i18n";
import { app } from "../../state/app";
import { lineKey, linesAfter } from "../../state/chat";
import { useStore } from "../../state/useStore";
import { ChatForm } from "./ChatForm";
import { ChatLog } from "./ChatLog";

/** The room's talk: beside the stage, on a phone in a drawer. */
export function ChatPanel({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const t = useText();
  const lines = useStore(app, (state) => state.chat);
  const [seen, setSeen] = useState(() => lineKey(app.get().chat.at(-1)));
  const toggle = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setSeen(lineKey(app.get().chat.at(-1)));
    setOpen(false);
    toggle.current?.focus();
  }, [setOpen]);
  useEffect(() => {
    if (!open) return;
    const escape = (event: KeyboardEvent): void => {
      if (event.key === "Escape") close();
    };
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [open, close]);
  const waiting = open ? 0 : linesAfter(lines, seen);
  return (
    <>
      <section className="panel chat" aria-labelledby="chat-title" id="chat">
        <header className="panel-head">
          <h2 id="chat-title">{t("chat.title")}</h2>
          <button
            type="button"
            className="btn icon-btn quiet drawer-only"
            aria-label={t("action.close")}
            onClick={close}
          >
            <Icon name="cross" />
          </button>
        </header>
        <ChatLog open={open} />
        <ChatForm />
      </section>
      <button
        type="button"
        ref={toggle}
        className="btn chat-toggle drawer-only"
        aria-expanded={open}
        aria-controls="chat"
        data-testid="chat-toggle"
        onClick={() => (open ? close() : setOpen(true))}
      >
        <Icon name="chat" label={t("chat.title")} />
        {waiting > 0 && (
          <span className="dot" aria-label={t("chat.unread", { n: waiting })} role="img">{Math.min(waiting, 99)}</span>
        )}
      </button>
    </>
  );
}
