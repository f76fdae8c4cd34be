import { useState } from "react";
import { Link } from "../components/Link";
import { Empty, Failed, Loading } from "../components/States";
import { useLoad } from "../components/useLoad";
import { paths } from "../app/router";
import { dateText, numberText, useText } from "../i18n";
import { ownGames } from "../net/api";
import { session } from "../net/session";
import type { GameSummary } from "../protocol.generated";

/** `/history`: the signed-in guest's finished games, newest first. */
export function HistoryScreen() {
  const t = useText();
  const [before, setBefore] = useState<number>();
  const signedIn = session.get() !== undefined;
  const page = useLoad(`games ${before ?? ""}`, () => ownGames(before));
  return (
    <div className="page">
      <h1 tabIndex={-1}>{t("history.title")}</h1>
      {!signedIn && <Empty>{t("history.nobody")}</Empty>}
      {signedIn && page.status === "loading" && <Loading />}
      {signedIn && page.status === "failed" && <Failed fault={page.fault} retry={page.reload} />}
      {signedIn && page.status === "ready" && page.value.games.length === 0 && <Empty>{t("history.empty")}</Empty>}
      {signedIn && page.status === "ready" && (
        <>
          <ul className="games">{page.value.games.map((game) => <GameCard key={game.game} game={game} />)}</ul>
          <div className="row-of-buttons">
            {before !== undefined && (
              <button type="button" className="btn" onClick={() => setBefore(undefined)}>{t("history.newest")}</button>
            )}
            {page.value.next !== undefined && (
              <button
                type="button"
                className="btn"
                onClick={() => setBefore(page.value.next)}
              >
                {t("history.older")}
              </button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

function GameCard({ game }: { game: GameSummary }) {
  const t = useText();
  return (
    <li>
      <Link href={paths.game(game.game)} className="game-card" data-testid="history-game">
        <span className="rank" data-rank={game.rank}>{game.rank}</span>
        <span className="game-text">
          <b>{game.title}</b>
          <small>{dateText(game.finishedAtMs)} · {t("history.of", { n: game.players })}</small>
        </span>
        <b className="points">{numberText(game.score)}</b>
      </Link>
    </li>
  );
}
