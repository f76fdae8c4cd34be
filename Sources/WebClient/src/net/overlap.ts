/** An event as it came: name, payload, and what follows the payload. */
export interface Arrival {
  name: string;
  payload: unknown;
  offset: unknown;
}

/** The number of a game event; others have none. */
export const seqOf = (payload: unknown): number | undefined => {
  const { seq } = (payload ?? {}) as { seq?: unknown };
  return typeof seq === "number" ? seq : undefined;
};

/**
 * Whether a connection that has taken over brings what the one before has told already: it may be a little behind.
 *
 * Within one connection no event is old: numbers count up, and what has no number repeats the newest one in its offset, `code.seq.proof`; outside rooms the code is a dash.
 */
export function isOld({ name, payload, offset }: Arrival, seq: number): boolean {
  if (name === "room:state" || name === "cluster:redirect") return false;
  const own = seqOf(payload);
  if (own !== undefined) return own <= seq;
  const [code, mark] = typeof offset === "string" ? offset.split(".") : [];
  return code !== undefined && code !== "-" && Number(mark) < seq;
}

/** Events that say how something is now: of several only the last one counts. */
const current: ReadonlySet<string> = new Set(["room:me", "room:saving", "presence:update", "game:progress"]);

/**
 * What the second of two connections has told that the first has not: nothing is drawn twice, and nothing old after something new.
 *
 * Game events are told apart by `seq`, lines of chat by their author's names for them, which is the business of whoever draws them.
 */
export function unseen(held: readonly Arrival[], seq: number): readonly Arrival[] {
  return held.filter(({ name, payload }, index) => {
    const own = seqOf(payload);
    if (own !== undefined) return own > seq;
    return !current.has(name) || !held.slice(index + 1).some((later) => later.name === name);
  });
}
