import type { MemberView, QuestionPayload, RevealPayload, RoomStatePayload } from "../src/protocol.generated";

export const member = (player: string, part: Partial<MemberView> = {}): MemberView => ({
  player,
  nickname: player.toUpperCase(),
  role: "player",
  ready: false,
  host: false,
  score: 0,
  ...part,
});

export const state = (part: Partial<RoomStatePayload> = {}): RoomStatePayload => ({
  code: "ABCDEFG",
  seq: 10,
  phase: "lobby",
  settings: {
    title: "Quiz night",
    visibility: "unlisted",
    questionCount: 3,
    answerWindowMs: 20_000,
    categories: [],
    speedPoints: true,
    autoAdvance: true,
  },
  locked: false,
  host: "ada",
  members: [member("ada", { host: true }), member("bob")],
  present: ["ada", "bob"],
  at: 1_000,
  ...part,
});

export const question = (part: Partial<QuestionPayload> = {}): QuestionPayload => ({
  seq: 12,
  game: "g1",
  index: 0,
  of: 3,
  kind: "single",
  category: "science",
  difficulty: "easy",
  prompt: "?",
  choices: ["a", "b", "c", "d"],
  opensAt: 5_000,
  closesAt: 25_000,
  ...part,
});

export const reveal = (part: Partial<RevealPayload> = {}): RevealPayload => ({
  seq: 14,
  index: 0,
  correct: [1],
  counts: [0, 1, 0, 0],
  unanswered: 1,
  results: [{
    player: "bob",
    choice: [1],
    correct: true,
    accuracyPoints: 600,
    speedPoints: 300,
    streakPoints: 0,
    streak: 1,
    score: 900,
  }],
  at: 26_000,
  until: 31_000,
  ...part,
});
