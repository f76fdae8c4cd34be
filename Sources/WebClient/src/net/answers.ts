import { app } from "../state/app";
import { answerTo, type OwnAnswer } from "../state/answer";
import { clientID } from "./ids";
import type { Link } from "./link";
import { type Fault, fault, isLost } from "./result";

/** Milliseconds before an answer that got no acknowledgement on a living connection is sent again. */
const againAfterMs = 400;

/**
 * Sends the own answer until the server has acknowledged or refused it.
 *
 * Normal path: shown as locked in at once, `game:answer`, acknowledged, confirmed. When the connection drops, the
 * acknowledgement is lost with it: `resume` sends the same answer under the same id, and the server gives the
 * recorded one back. A refusal rolls the choice back on screen, with its reason.
 */
export class Answers {
  #link: () => Link | undefined;
  #inFlight: string | undefined;

  constructor(link: () => Link | undefined) {
    this.#link = link;
  }

  give(choice: readonly number[]): void {
    const { room, answer } = app.get();
    const question = room?.game?.question;
    if (!question || choice.length === 0) return;
    const current = answerTo(answer, question);
    if (current && current.status !== "refused") return;
    const sorted = [...choice].sort((a, b) => a - b);
    app.patch({
      answer: { game: question.game, question: question.index, choice: sorted, id: clientID(), status: "sending" },
    });
    void this.#send();
  }

  /** After a reconnect: what is still open is sent again. */
  resume(): void {
    void this.#send();
  }

  /** The game is over: what is still open belongs to nothing that could take it. */
  forget(): void {
    if (app.get().answer?.status === "sending") app.patch({ answer: undefined });
  }

  #settle(id: string, part: Partial<OwnAnswer>): void {
    const { answer } = app.get();
    if (answer?.id === id && answer.status === "sending") app.patch({ answer: { ...answer, ...part } });
  }

  #refuse(id: string, reason: Fault): void {
    this.#settle(id, { status: "refused", fault: reason });
  }

  async #send(): Promise<void> {
    const link = this.#link();
    const { answer, room } = app.get();
    if (!link || answer?.status !== "sending" || this.#inFlight === answer.id) return;
    const { id, game, question, choice } = answer;
    if (room?.game && (room.game.id !== answer.game || room.game.index !== question)) {
      return this.#refuse(id, fault("question_closed").fault);
    }
    this.#inFlight = id;
    const result = await link.ask("game:answer", { game, question, choice: [...choice], id });
    if (this.#inFlight === id) this.#inFlight = undefined;
    if (result.ok) return this.#settle(id, { status: "confirmed", choice: result.value.choice });
    if (result.fault.code === "offline") return; // `resume` follows the reconnect.
    if (isLost(result.fault) || result.fault.retry !== false) {
      setTimeout(() => void this.#send(), result.fault.retry || againAfterMs);
    } else {
      this.#refuse(id, result.fault);
    }
  }
}
