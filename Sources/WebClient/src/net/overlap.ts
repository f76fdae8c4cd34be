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
