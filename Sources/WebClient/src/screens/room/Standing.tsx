import { Board } from "../../components/Board";
import { Panel } from "../../components/Panel";
import { numberText, useText } from "../../i18n";
import type { LeaderboardEntry } from "../../protocol.generated";
import { app } from "../../state/app";
import { ownEntry, standing } from "../../state/selectors";
import { useStore } from "../../state/useStore";

/** Rows of the small board; the own row comes on top of them. */
const rows = 5;

/** Beside the stage: the small leaderboard, and while the large one is shown, the own game in numbers. */
export function Standing() {
  const t = useText();
  const room = useStore(app, (state) => state.room);
  const me = useStore(app, (state) => state.me?.player);
  if (!room) return null;
  const entries = standing(room);
  const own = ownEntry(entries, me);
  if (room.phase === "leaderboard" && own) {
    return (
      <Panel title={t("own.title")} className="side-board">
        <OwnGame entry={own} of={entries.length} asked={(room.game?.index ?? 0) + 1} />
      </Panel>
    );
  }
  return (
    <Panel title={t("board.title")} className="side-board">
      <Board entries={entries} me={me} rows={rows} />
    </Panel>
  );
}

function OwnGame({ entry, of, asked }: { entry: LeaderboardEntry; of: number; asked: number }) {
  const t = useText();
  const lines = [
    ["own.right", t("own.rightOf", { n: entry.right, of: asked })],
    ["verdict.accuracy", numberText(entry.accuracyPoints)],
    ["verdict.speed", numberText(entry.speedPoints)],
    ["verdict.streak", numberText(entry.streak)],
  ] as const;
  return (
    <div className="own-game">
      <p className="own-rank">
        {entry.rank}
        <small>/ {of}</small>
      </p>
      <dl>
        {lines.map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
