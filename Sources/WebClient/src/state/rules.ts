import type { RoomSettings } from "../protocol.generated";

/** The server decides; these only save a round trip. */
export interface TextRule {
  min: number;
  max: number;
}

export const nicknameRule: TextRule = { min: 1, max: 20 };
export const titleRule: TextRule = { min: 1, max: 60 };
export const passwordRule: TextRule = { min: 1, max: 64 };
export const chatRule: TextRule = { min: 1, max: 500 };
export const questionCounts = { min: 1, max: 50 };
export const answerWindowsMs = [5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 90_000, 120_000];

const notInCode = /[^23456789ABCDEFGHJKMNPQRSTVWXYZ]/g;
export const codeLength = 7;

/** What somebody typed or pasted, a whole link included, as far as it can be a room's code. */
export function cleanCode(text: string): string {
  const inLink = /\/r\/([0-9a-z]+)/i.exec(text);
  return (inLink?.[1] ?? text).toUpperCase().replace(notInCode, "").slice(0, codeLength);
}

export const defaultSettings = (title: string): RoomSettings => ({
  title,
  visibility: "unlisted",
  questionCount: 10,
  answerWindowMs: 20_000,
  categories: [],
  speedPoints: true,
  autoAdvance: true,
});
