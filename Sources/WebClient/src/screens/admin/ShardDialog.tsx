import { Dialog } from "../../components/Dialog";
import { Failed, Loading } from "../../components/States";
import { useLoad } from "../../components/useLoad";
import { dateText, numberText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import { askShard } from "../../net/operator";
import type { ShardReport } from "../../protocol.generated";
import type { Ask } from "./ask";

interface ShardDialogProps {
  /** Its number, or a room code. */
  shard: string;
  close: () => void;
  ask: (ask: Ask) => void;
  /** Something has moved since: ask again. */
  revision: number;
}

export function ShardDialog({ shard, close, ask, revision }: ShardDialogProps) {
  const t = useAdminText();
  const report = useLoad(`shard ${shard} ${revision}`, () => askShard(shard));
  const title = report.status === "ready" ? String(report.value.shard.shard) : shard;
  return (
    <Dialog title={t("shard.title", { shard: title })} close={close}>
      {report.status === "loading" && <Loading />}
      {report.status === "failed" && (
        <>
          <Failed fault={report.fault} retry={report.reload} />
          <p className="hint">{report.fault.message}</p>
        </>
      )}
      {report.status === "ready" && <Facts report={report.value} close={close} ask={ask} />}
    </Dialog>
  );
}

interface FactsProps {
  report: ShardReport;
  close: () => void;
  ask: (ask: Ask) => void;
}

function Facts({ report, close, ask }: FactsProps) {
  const t = useAdminText();
  const { shard, openRooms, pinReason, moves } = report;
  const begin = (action: Ask["action"]): void => {
    close();
    ask({ action, shard: String(shard.shard), node: shard.owner });
  };
  return (
    <div className="form" data-testid="shard-facts">
      <dl className="facts">
        <dt>{t("shard.owner")}</dt>
        <dd data-testid="shard-owner">{shard.owner ?? t("map.nobody")}</dd>
        <dt>{t("shard.epoch")}</dt>
        <dd>{numberText(shard.epoch)}</dd>
        <dt>{t("shard.rooms")}</dt>
        <dd>{numberText(openRooms)}</dd>
        {shard.pin !== undefined && (
          <>
            <dt>{t("shard.pin")}</dt>
            <dd>{[shard.pin, pinReason].filter(Boolean).join(": ")}</dd>
          </>
        )}
      </dl>
      {moves.length === 0 ? <p className="hint">{t("shard.never")}</p> : (
        <ol className="shard-moves">
          {moves.map((move) => (
            <li key={move.epoch}>
              <b>{`${move.from} → ${move.to}`}</b> {t(`reason.${move.reason}`)}{" "}
              <small className="dim">{dateText(Date.parse(move.at))}</small>
              {move.note !== "" && <p className="said">“{move.note}”</p>}
            </li>
          ))}
        </ol>
      )}
      <div className="row-of-buttons end">
        {shard.pin !== undefined && (
          <button
            type="button"
            className="btn"
            onClick={() => begin("unpin")}
            data-testid="unpin-button"
          >
            {t("action.unpin")}
          </button>
        )}
        <button type="button" className="btn primary" onClick={() => begin("move")} data-testid="move-button">
          {t("action.move")}
        </button>
      </div>
    </div>
  );
}
