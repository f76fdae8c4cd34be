import type { ChatMessagePayload } from "../protocol.generated";

export type ChatStatus = "sending" | "sent" | "failed";

/** A line of chat as drawn; `player` and `client` together are its identity. */
export interface ChatLine extends ChatMessagePayload {
  status: ChatStatus;
}

/** Lines a client keeps; the oldest go first. */
export const chatLinesMax = 300;
/** Lines the server gives to whoever comes in; fewer are all there are. */
export const chatLinesOnJoin = 50;

const same = (a: ChatMessagePayload, b: ChatMessagePayload) => a.player === b.player && a.client === b.client;

/** Adds a line, or replaces the one with the same author and client id: a retry never doubles. */
export function withLine(lines: readonly ChatLine[], line: ChatLine): readonly ChatLine[] {
  const known = lines.findIndex((other) => same(other, line));
  if (known >= 0) {
    const merged: ChatLine = { ...lines[known], ...line };
    return lines.map((other, position) => (position === known ? merged : other));
  }
  return [...lines, line].slice(-chatLinesMax);
}

/** Merges what the server holds with own lines that are still under way. */
export function withRecent(
  lines: readonly ChatLine[],
  recent: readonly ChatMessagePayload[],
): readonly ChatLine[] {
  const stored: ChatLine[] = recent.map((message) => ({ ...message, status: "sent" }));
  const rest = lines.filter((line) => !stored.some((other) => same(other, line)));
  const oldest = stored[0]?.sentAtMs ?? 0;
  const before = rest.filter((line) => line.status === "sent" && line.sentAtMs < oldest);
  const newer = rest.filter((line) => line.status === "sent" && line.sentAtMs >= oldest);
  const open = rest.filter((line) => line.status !== "sent");
  const middle = [...stored, ...newer].sort((a, b) => a.sentAtMs - b.sentAtMs);
  return [...before, ...middle, ...open].slice(-chatLinesMax);
}

/** Puts older lines, oldest first, before those that are there. */
export function withOlder(
  lines: readonly ChatLine[],
  older: readonly ChatMessagePayload[],
): readonly ChatLine[] {
  const stored: ChatLine[] = older.map((message) => ({ ...message, status: "sent" }));
  return [...stored.filter((line) => !lines.some((other) => same(other, line))), ...lines].slice(-chatLinesMax);
}

/** The line before which older ones are asked for; nothing when there is none, or no room for more. */
export const oldestStored = (lines: readonly ChatLine[]): string | undefined =>
  lines.length < chatLinesMax ? lines.find((line) => line.id !== undefined)?.id : undefined;

export function withStatus(
  lines: readonly ChatLine[],
  client: string,
  player: string,
  part: Partial<ChatLine>,
): readonly ChatLine[] {
  return lines.map((line) => (line.client === client && line.player === player ? { ...line, ...part } : line));
}

export const lineKey = (line: ChatMessagePayload | undefined): string => (line ? `${line.player} ${line.client}` : "");

/** How many lines came after the one with this key; all of them when it is gone. */
export const linesAfter = (lines: readonly ChatLine[], key: string): number =>
  lines.length - 1 - lines.findLastIndex((line) => lineKey(line) === key);
