import { app } from "../state/app";
import { type ChatLine, oldestStored, withLine, withOlder, withStatus } from "../state/chat";
import { clientID } from "./ids";
import type { Link } from "./link";
import { fault, isLost, type Result } from "./result";

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

  /** Fetches the page of lines before the oldest one here. */
  async older(): Promise<Result<void>> {
    const before = oldestStored(app.get().chat);
    const link = this.#link();
    if (!link || before === undefined) return fault("offline");
    const page = await link.ask("chat:history", { before });
    if (!page.ok) return page;
    // Another room was opened meanwhile, or the lines have moved on.
    if (this.#link() !== link || oldestStored(app.get().chat) !== before) return { ok: true, value: undefined };
    const { messages, next } = page.value;
    app.update((state) => ({
      ...state,
      chat: withOlder(state.chat, messages),
      earlierChat: next !== undefined,
    }));
    return { ok: true, value: undefined };
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
