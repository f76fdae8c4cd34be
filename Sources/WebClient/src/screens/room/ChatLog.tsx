import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import { app } from "../../state/app";
import { lineKey, linesAfter, oldestStored } from "../../state/chat";
import { notify } from "../../state/notices";
import { useStore } from "../../state/useStore";
import { ChatRow } from "./ChatRow";

/** Pixels from the end that still count as being there. */
const nearEnd = 40;

/**
 * The lines. It follows new ones only while the reader is at the end; else a button says how many there are. Older ones
 * are put in above what is being read, which stays where it is.
 */
export function ChatLog({ open }: { open: boolean }) {
  const t = useText();
  const lines = useStore(app, (state) => state.chat);
  const me = useStore(app, (state) => state.me?.player);
  const earlier = useStore(app, (state) => state.earlierChat && oldestStored(state.chat) !== undefined);
  const log = useRef<HTMLDivElement>(null);
  const first = useRef({ key: "", height: 0 });
  const [atEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState("");
  const [loading, setLoading] = useState(false);
  const last = lines.at(-1);
  const own = last?.player === me && last?.status === "sending";

  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    const key = lineKey(lines[0]);
    if (atEnd || own) element.scrollTop = element.scrollHeight;
    else if (first.current.key !== key) element.scrollTop += element.scrollHeight - first.current.height;
    first.current = { key, height: element.scrollHeight };
  }, [lines, atEnd, own, open]);

  useEffect(() => {
    const element = log.current;
    if (!element || !atEnd) return;
    // A panel that appears above makes the log lower, which is no reason to leave its end.
    const observer = new ResizeObserver(() => element.scrollTo({ top: element.scrollHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [atEnd]);

  const scrolled = (): void => {
    const element = log.current;
    if (!element) return;
    const there = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    if (atEnd && !there) setSeen(lineKey(last));
    setAtEnd(there);
  };
  const load = async (): Promise<void> => {
    setLoading(true);
    if (atEnd) setSeen(lineKey(last));
    setAtEnd(false);
    const page = await play.chat.older();
    if (!page.ok) notify(t(`error.${page.fault.code}`), "bad");
    // The button may be gone, and the focus with it.
    log.current?.focus({ preventScroll: true });
    setLoading(false);
  };
  const unread = atEnd ? 0 : linesAfter(lines, seen);
  return (
    <>
      <div
        className="log"
        role="log"
        // Only what is new is read out.
        aria-live={loading ? "off" : undefined}
        ref={log}
        // A region that scrolls must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={t("chat.log")}
        onScroll={scrolled}
      >
        {earlier && (
          <button
            type="button"
            className="btn small quiet earlier"
            disabled={loading}
            onClick={() => void load()}
            data-testid="chat-earlier"
          >
            {t("chat.earlier")}
          </button>
        )}
        {lines.length === 0 && <p className="dim">{t("chat.empty")}</p>}
        {lines.map((line) => <ChatRow key={lineKey(line)} line={line} mine={line.player === me} />)}
      </div>
      {unread > 0 && (
        <button
          type="button"
          className="btn unread"
          onClick={() => setAtEnd(true)}
          data-testid="chat-unread"
        >
          {t("chat.unread", { n: unread })}
        </button>
      )}
    </>
  );
}
