import { Suspense, useEffect } from "react";
import { Board } from "../../components/Board";
import { Face } from "../../components/Face";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { fanfare } from "../../components/sounds";
import { useAsk } from "../../components/useAsk";
import { navigate, paths } from "../../app/router";
import { Confetti } from "../../lazy";
import { numberText, useText } from "../../i18n";
import { play } from "../../net/roomSession";
import type { LeaderboardEntry } from "../../protocol.generated";
import { app } from "../../state/app";
import { reducedMotion } from "../../state/preferences";
import { isHost, ownEntry } from "../../state/selectors";
import { useStore } from "../../state/useStore";

/** Second, first, third: the order of the steps on screen. Readers hear first, second, third. */
const places = ["first", "second", "third"] as const;

export function Podium() {
  const t = useText();
  const ask = useAsk();
  const game = useStore(app, (state) => state.room?.game);
  const me = useStore(app, (state) => state.me?.player);
  const host = useStore(app, isHost);
  const display = useStore(app, (state) => state.me?.seat?.role === "display");
  useEffect(fanfare, []);
  if (!game?.over) return null;
  const { entries } = game.over;
  const own = ownEntry(entries, me);
  return (
    <section className="stage podium-stage" aria-labelledby="stage-title" data-testid="podium">
      {!reducedMotion() && (
        <Suspense fallback={null}>
          <Confetti />
        </Suspense>
      )}
      <p className="eyebrow">{t("podium.eyebrow")}</p>
      <h1 id="stage-title">{entries[0] ? t("podium.winner", { name: entries[0].nickname }) : t("podium.nobody")}</h1>
      {own && (
        <p className="own-place" role="status">
          {t("board.own", { n: own.rank, of: entries.length, points: numberText(own.score) })}
        </p>
      )}
      <ol className="podium">
        {entries.slice(0, 3).map((entry, place) => (
          <Step key={entry.player} entry={entry} place={places[place] ?? "third"} mine={entry.player === me} />
        ))}
      </ol>
      <div className="row-of-buttons centre">
        {host && (
          <button
            type="button"
            className="btn primary big"
            data-testid="rematch-button"
            onClick={() => ask("game:rematch", {})}
          >
            <Icon name="play" />
            {t("podium.again")}
          </button>
        )}
        {!host && <p className="dim">{t("podium.waiting")}</p>}
        {game.signed
          ? (
            <Link className="btn" href={paths.game(game.id)} data-testid="result-link">
              <Icon name="trophy" />
              {t("podium.result")}
            </Link>
          )
          : (
            <span className="btn ghost" aria-hidden="true">
              <Icon name="trophy" />
              {t("podium.result")}
            </span>
          )}
        <button
          type="button"
          className="btn quiet"
          data-testid="leave-button"
          onClick={() => void play.leave().then(() => navigate(paths.home))}
        >
          <Icon name="door" />
          {t("lobby.leave")}
        </button>
      </div>
      {entries.length > 3 && !display && <Board entries={entries.slice(3)} me={me} />}
    </section>
  );
}

function Step({ entry, place, mine }: { entry: LeaderboardEntry; place: (typeof places)[number]; mine: boolean }) {
  const t = useText();
  return (
    <li className="step" data-place={place} data-me={mine} data-testid={`podium-${place}`}>
      <Face player={entry.player} nickname={entry.nickname} />
      <span className="name">{entry.nickname}</span>
      <span className="dim">{t("board.points", { n: entry.score })}</span>
      <span className="block">
        <span className="sr">{t("podium.place")}</span>
        {entry.rank}
      </span>
    </li>
  );
}
