import type { QuestionPayload, SeatView } from "../protocol.generated";
import type { Fault } from "../net/result";

/**
 * The own answer to one question.
 *
 * - `sending`: shown as locked in, repeated until acknowledged. Can transition to: confirmed, refused.
 * - `confirmed`: the server has stored it. Final.
 * - `refused`: rolled back on screen; the player may choose again while the question is open.
 */
export interface OwnAnswer {
  game: string;
  question: number;
  choice: readonly number[];
  /** The same for every retry. */
  id: string;
  status: "sending" | "confirmed" | "refused";
  fault?: Fault;
}

/** The own answer if it belongs to this question; an older one says nothing. */
export function answerTo(answer: OwnAnswer | undefined, question: QuestionPayload | undefined): OwnAnswer | undefined {
  if (!answer || !question) return undefined;
  return answer.game === question.game && answer.question === question.index ? answer : undefined;
}

/** What a seat received from the server says about the own answer; the server's word wins. */
export function answerFromSeat(
  seat: SeatView | undefined,
  game: string | undefined,
  current: OwnAnswer | undefined,
): OwnAnswer | undefined {
  const given = seat?.answer;
  if (!given || game === undefined) return current;
  const id = current?.game === game && current.question === given.question ? current.id : "stored";
  return { game, question: given.question, choice: given.choice, id, status: "confirmed" };
}
