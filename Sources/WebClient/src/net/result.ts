import type { ErrorCode, ErrorPayload } from "../protocol.generated";

/** Failures no server has named: no connection, no answer in time, an answer that makes no sense. */
export type LocalCode = "offline" | "timeout" | "broken";

/** Why something did not work; every code has a sentence in the catalogues. */
export interface Fault {
  code: ErrorCode | LocalCode;
  /** Milliseconds after which the same may work; false: never. */
  retry: number | false;
  /** The server's own sentence, in English. */
  message?: string;
}

export type Result<T> = { ok: true; value: T } | { ok: false; fault: Fault };

export const fault = (code: Fault["code"], retry: number | false = false): { ok: false; fault: Fault } => ({
  ok: false,
  fault: { code, retry },
});

export const faultFrom = ({ code, retry, message }: ErrorPayload): { ok: false; fault: Fault } => ({
  ok: false,
  fault: { code, retry, message },
});

/** True when the request may have reached the server, or may reach it later: repeat it with the same name. */
export const isLost = ({ code }: Fault): boolean => code === "offline" || code === "timeout" || code === "broken";
