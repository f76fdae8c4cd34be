import { app } from "../state/app";
import { withLine, withStatus, type ChatLine } from "../state/chat";
import { clientID } from "./ids";
import type { Link } from "./link";
import { isLost } from "./result";

/** Sends own chat lines: drawn at once, acknowledged after they are stored, repeated by hand or after a reconnect. */
export class Chatter {
  #link: () => Link | undefined;
  #inFlight = new Set<string>();

  constructor(link: () => Link | undefined) {
    this.#link = link;
  }

  say(text: string): void {
    const { me } = app.get();
    if (!me) return;
    const { player, nickname } = me;
    const line: ChatLine = { client: clientID(), player, nickname, text, sentAtMs: Date.now(), status: "sending" };
    app.update((state) => ({ ...state, chat: withLine(state.chat, line) }));
    void this.#send(line);
  }

  retry(line: ChatLine): void {
    this.#mark(line, { status: "sending" });
    void this.#send(line);
  }

  /** After a reconnect: a line whose acknowledgement was lost is sent again under its old name. */
  resume(): void {
    for (const line of app.get().chat) if (line.status === "sending") void this.#send(line);
  }

  #mark(line: ChatLine, part: Partial<ChatLine>): void {
    app.update((state) => ({ ...state, chat: withStatus(state.chat, line.client, line.player, part) }));
  }

  async #send(line: ChatLine): Promise<void> {
    const link = this.#link();
    if (!link || this.#inFlight.has(line.client)) return;
    this.#inFlight.add(line.client);
    const result = await link.ask("chat:send", { id: line.client, text: line.text });
    this.#inFlight.delete(line.client);
    if (result.ok) {
      this.#mark(line, { status: "sent", id: result.value.message, sentAtMs: result.value.sentAtMs });
    } else if (!(isLost(result.fault) && result.fault.code === "offline")) {
      this.#mark(line, { status: "failed" });
    }
  }
}
