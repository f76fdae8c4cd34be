import { Board } from "../components/Board";
import { Link } from "../components/Link";
import { Panel } from "../components/Panel";
import { Failed, Loading } from "../components/States";
import { useLoad } from "../components/useLoad";
import { paths } from "../app/router";
import { dateText, useText } from "../i18n";
import { gameResult } from "../net/api";
import { session } from "../net/session";

/** `/games/ID`: a stored result with its signature. */
export function GameScreen({ game }: { game: string }) {
  const t = useText();
  const result = useLoad(`game ${game}`, () => gameResult(game));
  if (result.status === "loading") return <Loading />;
  if (result.status === "failed") return <Failed fault={result.fault} retry={result.reload} />;
  const { title, finishedAtMs, entries, inputs, chain, signature, key } = result.value;
  const proof = [
    ["game.inputs", String(inputs)],
    ["game.chain", chain],
    ["game.signature", signature],
    ["game.key", key],
  ] as const;
  return (
    <div className="page" data-testid="game-result">
      <p className="eyebrow">{dateText(finishedAtMs)}</p>
      <h1 tabIndex={-1}>{title}</h1>
      <Panel title={t("board.title")}>
        <Board entries={entries} me={session.get()?.player} />
      </Panel>
      <Panel title={t("game.proof")}>
        <p className="dim">{t("game.proofHint")}</p>
        <dl className="proof">
          {proof.map(([name, value]) => (
            <div key={name}>
              <dt>{t(name)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Link href={paths.history} className="btn">{t("history.title")}</Link>
    </div>
  );
}
