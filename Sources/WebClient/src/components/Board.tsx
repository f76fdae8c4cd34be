import { memo, useLayoutEffect, useRef } from "react";
import { numberText, useText } from "../i18n";
import type { LeaderboardEntry } from "../protocol.generated";
import { climb } from "../state/selectors";
import { Face } from "./Face";
import { flip } from "./flip";

interface BoardProps {
  entries: readonly LeaderboardEntry[];
  me?: string;
  /** Rows shown; the own row is added when it is further down. */
  rows?: number;
  /** Rows come from where they were in the last round. */
  animated?: boolean;
}

/** For each row of the new order, its index in the order of the last round. */
export function indicesBefore(entries: readonly LeaderboardEntry[]): number[] {
  const old = [...entries].sort((a, b) => (a.previousRank ?? a.rank) - (b.previousRank ?? b.rank));
  const index = new Map(old.map((entry, place) => [entry.player, place]));
  return entries.map((entry, place) => index.get(entry.player) ?? place);
}

export function Board({ entries, me, rows = 50, animated = false }: BoardProps) {
  const list = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => {
    if (animated && list.current) flip(list.current, indicesBefore(entries));
  }, [animated, entries]);
  const shown = entries.filter((entry, place) => place < rows || entry.player === me);
  const top = Math.max(1, ...entries.map((entry) => entry.score));
  return (
    <ol className="board" ref={list}>
      {shown.map((entry) => (
        <Row key={entry.player} entry={entry} mine={entry.player === me} share={entry.score / top} />
      ))}
    </ol>
  );
}

interface RowProps {
  entry: LeaderboardEntry;
  mine: boolean;
  /** Of the best score; 0 to 1. */
  share: number;
}

const Row = memo(function Row({ entry, mine, share }: RowProps) {
  const t = useText();
  const places = climb(entry);
  return (
    <li className="row" data-me={mine} data-rank={entry.rank} style={{ "--w": share }} data-testid="leaderboard-row">
      <span className="rank">{entry.rank}</span>
      <Face player={entry.player} nickname={entry.nickname} />
      <span className="who">
        <span className="name">{entry.nickname}</span>
        {mine && <em>{t("board.you")}</em>}
      </span>
      {entry.streak > 1 && <span className="hot" title={t("board.streak", { n: entry.streak })}>{entry.streak}×</span>}
      <span className="climb" data-way={Math.sign(places)}>
        {places !== 0 && (
          <>
            <span aria-hidden="true">{places > 0 ? `▲${places}` : `▼${-places}`}</span>
            <span className="sr">{t(places > 0 ? "board.up" : "board.down", { n: Math.abs(places) })}</span>
          </>
        )}
      </span>
      <b className="points">{numberText(entry.score)}</b>
    </li>
  );
});
