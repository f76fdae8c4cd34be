import { type FormEvent, useState } from "react";
import { Icon } from "../../components/Icon";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import { chatRule } from "../../state/rules";

export function ChatForm() {
  const t = useText();
  const [text, setText] = useState("");
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const line = text.trim();
    if (line === "") return;
    play.chat.say(line);
    setText("");
  };
  return (
    <form className="chat-form" onSubmit={send}>
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label={t("chat.write")}
        placeholder={t("chat.write")}
        maxLength={chatRule.max}
        autoComplete="off"
        enterKeyHint="send"
        data-testid="chat-input"
      />
      <button type="submit" className="btn primary icon-btn" aria-label={t("chat.send")} data-testid="chat-send">
        <Icon name="send" />
      </button>
    </form>
  );
}
