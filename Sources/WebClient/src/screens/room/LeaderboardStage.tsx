import { Board } from "../../components/Board";
import { numberText, useText } from "../../i18n";
import { app } from "../../state/app";
import { ownEntry } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { Pips } from "./Pips";

/** A projector has no scroll bar. */
const rowsOnDisplay = 8;

/** The standing after a question; rows begin in the old order and move to the new one. */
export function LeaderboardStage() {
  const t = useText();
  const game = useStore(app, (state) => state.room?.game);
  const me = useStore(app, (state) => state.me?.player);
  const display = useStore(app, (state) => state.me?.seat?.role === "display");
  if (!game?.leaderboard) return null;
  const { entries, index } = game.leaderboard;
  const own = ownEntry(entries, me);
  return (
    <section className="stage standings" aria-labelledby="stage-title" data-testid="leaderboard">
      <div className="meta">
        <Pips index={index} of={game.of} />
      </div>
      <h1 id="stage-title">{t("board.title")}</h1>
      <p className="sr" role="status">
        {own ? t("board.own", { n: own.rank, of: entries.length, points: numberText(own.score) }) : ""}
      </p>
      <Board key={index} entries={entries} me={me} rows={display ? rowsOnDisplay : undefined} animated />
    </section>
  );
}
