import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import { useText } from "../../i18n";
import { app } from "../../state/app";
import { useStore } from "../../state/useStore";
import { ChatForm } from "./ChatForm";
import { ChatRow } from "./ChatRow";

/** Pixels from the end that still count as being there. */
const nearEnd = 40;

/** The room's talk. It follows new lines only while the reader is at the end; on a phone it is a drawer. */
export function ChatPanel({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const t = useText();
  const lines = useStore(app, (state) => state.chat);
  const me = useStore(app, (state) => state.me?.player);
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [seen, setSeen] = useState(lines.length);
  const [drawerSeen, setDrawerSeen] = useState(lines.length);
  const toEnd = (): void => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
    atEnd.current = true;
    setSeen(lines.length);
  };
  useLayoutEffect(() => {
    const own = lines.at(-1)?.player === me && lines.at(-1)?.status === "sending";
    if (atEnd.current || own) toEnd();
  }, [lines, open]);
  useEffect(() => {
    if (open) setDrawerSeen(lines.length);
  }, [open, lines]);
  useEffect(() => {
    if (!open) return;
    const escape = (event: KeyboardEvent): void => {
      if (event.key === "Escape") setOpen(false);
    };
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [open, setOpen]);
  const scrolled = (): void => {
    const element = log.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    if (atEnd.current) setSeen(lines.length);
  };
  const unread = Math.max(0, lines.length - seen);
  const waiting = open ? 0 : Math.max(0, lines.length - drawerSeen);
  return (
    <>
      <section className="panel chat" aria-labelledby="chat-title" id="chat">
        <header className="panel-head">
          <h2 id="chat-title">{t("chat.title")}</h2>
          <button type="button" className="btn icon-btn quiet drawer-only" aria-label={t("action.close")} onClick={() => setOpen(false)}>
            <Icon name="cross" />
          </button>
        </header>
        <div className="log" role="log" ref={log} tabIndex={0} aria-label={t("chat.log")} onScroll={scrolled}>
          {lines.length === 0 && <p className="dim">{t("chat.empty")}</p>}
          {lines.map((line) => <ChatRow key={`${line.player} ${line.client}`} line={line} mine={line.player === me} />)}
        </div>
        {unread > 0 && !atEnd.current && (
          <button type="button" className="btn unread" onClick={toEnd} data-testid="chat-unread">{t("chat.unread", { n: unread })}</button>
        )}
        <ChatForm />
      </section>
      <button
        type="button"
        className="btn chat-toggle drawer-only"
        aria-expanded={open}
        aria-controls="chat"
        data-testid="chat-toggle"
        onClick={() => setOpen(!open)}
      >
        <Icon name="chat" label={t("chat.title")} />
        {waiting > 0 && <span className="dot" aria-label={t("chat.unread", { n: waiting })} role="img">{Math.min(waiting, 99)}</span>}
      </button>
    </>
  );
}
