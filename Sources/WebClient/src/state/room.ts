import type {
  CloseReason,
  GameOverPayload,
  GameSignedPayload,
  LeaderboardPayload,
  MemberView,
  PauseReason,
  PlayerID,
  ProgressPayload,
  QuestionPayload,
  RevealPayload,
  RoomPhase,
  RoomSettings,
  RoomStatePayload,
  ServerEvents,
} from "../protocol.generated";

/** A room as this client sees it: `room:state` with every later event folded in. Pure data, no clock, no socket. */
export interface RoomView {
  code: string;
  /** The last game event that is folded in. */
  seq: number;
  phase: RoomPhase;
  settings: RoomSettings;
  locked: boolean;
  host?: PlayerID;
  /** In order of joining. */
  members: readonly MemberView[];
  present: readonly PlayerID[];
  paused?: PauseReason;
  /** The journal cannot be reached; the room's clock stands still. */
  saving: boolean;
  game?: GameProgress;
  closed?: CloseReason;
}

/** The running or last game. */
export interface GameProgress {
  id: string;
  /** Index of the current question, from 0; -1 before the first. */
  index: number;
  of: number;
  /** Room time at which the phase ends by itself. */
  until?: number;
  question?: QuestionPayload;
  reveal?: RevealPayload;
  leaderboard?: LeaderboardPayload;
  over?: GameOverPayload;
  progress?: ProgressPayload;
  signed?: GameSignedPayload;
}

export type RoomEventName = Exclude<
  keyof ServerEvents,
  "room:state" | "room:me" | "chat:message" | "chat:recent" | "cluster:redirect"
>;

type Folds = { [E in RoomEventName]: (room: RoomView, event: ServerEvents[E]) => RoomView };

export function roomFromState(state: RoomStatePayload): RoomView {
  const { game, at: _at, ...rest } = state;
  const view: RoomView = { ...rest, saving: false };
  if (game) {
    const { game: id, ...parts } = game;
    view.game = { id, ...parts };
  }
  return view;
}

const inGame = (room: RoomView, part: Partial<GameProgress>): RoomView =>
  room.game ? { ...room, game: { ...room.game, ...part } } : room;

/** One entry per event: a new event in the protocol is a compile error here. */
const folds: Folds = {
  "room:member": (room, { member }) => {
    const known = room.members.some((other) => other.player === member.player);
    const members = known
      ? room.members.map((other) => (other.player === member.player ? member : other))
      : [...room.members, member];
    return { ...room, members };
  },
  "room:left": (room, { player }) => ({
    ...room,
    members: room.members.filter((member) => member.player !== player),
    present: room.present.filter((other) => other !== player),
  }),
  "room:changed": (room, { settings, locked, host }) => ({
    ...room,
    settings,
    locked,
    host,
    members: room.members.map((member) =>
      member.host === (member.player === host) ? member : { ...member, host: member.player === host }
    ),
  }),
  "room:closed": (room, { reason }) => ({ ...room, phase: "closed", closed: reason, paused: undefined }),
  "room:saving": (room, { saving }) => ({ ...room, saving }),
  "presence:update": (room, { present }) => ({ ...room, present }),
  "game:countdown": (room, { game, of, until }) => ({
    ...room,
    phase: "countdown",
    paused: undefined,
    members: room.members.map((member) => (member.score === 0 ? member : { ...member, score: 0 })),
    game: { id: game, index: -1, of, until },
  }),
  "game:question": (room, question) => ({
    ...room,
    phase: "question",
    game: {
      id: question.game,
      index: question.index,
      of: question.of,
      until: question.closesAt,
      question,
      // The standing so far stays beside the question.
      leaderboard: room.game?.id === question.game ? room.game.leaderboard : undefined,
    },
  }),
  "game:progress": (room, progress) => (room.game?.index === progress.index ? inGame(room, { progress }) : room),
  "game:locked": (room) => inGame({ ...room, phase: "locked" }, { until: undefined }),
  "game:reveal": (room, reveal) => {
    const scores = new Map(reveal.results.map((result) => [result.player, result.score]));
    const members = room.members.map((member) => {
      const score = scores.get(member.player);
      return score === undefined || score === member.score ? member : { ...member, score };
    });
    return inGame({ ...room, phase: "reveal", members }, { reveal, until: reveal.until });
  },
  "game:leaderboard": (room, leaderboard) =>
    inGame({ ...room, phase: "leaderboard" }, { leaderboard, until: leaderboard.until }),
  "game:over": (room, over) => inGame({ ...room, phase: "podium" }, { over, until: undefined }),
  "game:signed": (room, signed) => (room.game?.id === signed.game ? inGame(room, { signed }) : room),
  "game:paused": (room, { reason }) => ({ ...room, paused: reason }),
  "game:resumed": (room, { until }) => resumed({ ...room, paused: undefined }, until),
  "game:lobby": (room) => ({ ...room, phase: "lobby", paused: undefined }),
};

/** The pause is added to an open question's window: `closesAt` becomes `until`, `opensAt` moves by as much. */
function resumed(room: RoomView, until: number | undefined): RoomView {
  const question = room.game?.question;
  if (room.phase !== "question" || !question || until === undefined) return inGame(room, { until });
  const length = until - question.closesAt;
  return inGame(room, {
    until,
    question: { ...question, opensAt: question.opensAt + length, closesAt: until },
  });
}

export type FoldNote = (note: string) => void;

/**
 * Folds one event in. An event with a `seq` the room already contains is ignored, so that a replay after a reconnect
 * is harmless. A gap cannot happen (the server replays or sends `room:state`), but it is worth a note.
 */
export function fold<E extends RoomEventName>(
  room: RoomView,
  name: E,
  event: ServerEvents[E],
  note: FoldNote = () => {},
): RoomView {
  const seq = "seq" in event ? event.seq : undefined;
  if (seq === undefined) return folds[name](room, event);
  if (seq <= room.seq) return room;
  if (seq > room.seq + 1) note(`${name}: seq ${seq} came after ${room.seq}.`);
  return { ...folds[name](room, event), seq };
}

export const roomEventNames = Object.keys(folds) as RoomEventName[];
