import type { LeaderboardEntry, MemberView, RevealResult } from "../protocol.generated";
import type { AppState } from "./app";
import { answerTo, type OwnAnswer } from "./answer";
import type { RoomView } from "./room";

export const players = (room: RoomView): readonly MemberView[] =>
  room.members.filter((member) => member.role === "player");

export const isHost = (state: AppState): boolean =>
  state.room?.host !== undefined && state.room.host === state.me?.player;

export const ownAnswer = (state: AppState): OwnAnswer | undefined => answerTo(state.answer, state.room?.game?.question);

export const ownResult = (state: AppState): RevealResult | undefined =>
  state.room?.game?.reveal?.results.find((result) => result.player === state.me?.player);

export const ownEntry = (
  entries: readonly LeaderboardEntry[] | undefined,
  player: string | undefined,
): LeaderboardEntry | undefined => entries?.find((entry) => entry.player === player);

/** Those who are here and not ready; the host's own start does not wait for them. */
export const waitingFor = (room: RoomView): number =>
  players(room).filter((member) => !member.ready && room.present.includes(member.player)).length;

/** The standing before the first leaderboard: everybody at the start. */
export const startEntries = (room: RoomView): LeaderboardEntry[] =>
  players(room).map(({ player, nickname }) => (
    { player, nickname, rank: 1, score: 0, accuracyPoints: 0, speedPoints: 0, streak: 0, right: 0 }
  ));

/** How everybody stands now. The last question is followed by the podium, without a leaderboard of its own. */
export const standing = (room: RoomView): readonly LeaderboardEntry[] =>
  room.game?.over?.entries ?? room.game?.leaderboard?.entries ?? startEntries(room);

/** Places gained since the last leaderboard; negative: lost. */
export const climb = (entry: LeaderboardEntry): number =>
  entry.previousRank === undefined ? 0 : entry.previousRank - entry.rank;

/** A hue of the colour wheel that stays with a player. */
export function hueOf(player: string): number {
  let hash = 0;
  for (let position = 0; position < player.length; position++) {
    hash = (Math.imul(hash, 31) + player.charCodeAt(position)) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (((hash ^ (hash >>> 12)) >>> 0) % 24) * 15;
}
