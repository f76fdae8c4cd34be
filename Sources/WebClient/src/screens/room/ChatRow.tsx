import { memo } from "react";
import { Face } from "../../components/Face";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import type { ChatLine } from "../../state/chat";

export const ChatRow = memo(function ChatRow({ line, mine }: { line: ChatLine; mine: boolean }) {
  const t = useText();
  return (
    <div className="line" data-status={line.status} data-me={mine} data-testid="chat-message">
      <Face player={line.player} nickname={line.nickname} />
      <div className="line-text">
        <b>{line.nickname}</b>
        <p>{line.text}</p>
        {line.status === "failed" && (
          <button
            type="button"
            className="btn small bad"
            onClick={() => play.chat.retry(line)}
            data-testid="chat-retry"
          >
            {t("chat.failed")}
          </button>
        )}
      </div>
    </div>
  );
});
