import { Panel } from "../../components/Panel";
import { Empty } from "../../components/States";
import { numberText } from "../../i18n";
import { momentText, useAdminText } from "../../i18n/admin";
import type { AdminMovesResponse, MoveEntry } from "../../protocol.generated";
import type { ClusterView } from "../../state/cluster";
import { TableBox } from "./TableBox";

/** Moves of one moment that have everything but the shard in common. */
interface Group {
  key: string;
  newest: MoveEntry;
  shards: number[];
}

const groupsMax = 14;

function grouped(moves: readonly MoveEntry[]): Group[] {
  const groups: Group[] = [];
  for (const move of moves) {
    const key = [move.at.slice(0, -4), move.from, move.to, move.reason, move.note].join("|");
    const last = groups.find((group) => group.key === key);
    if (last) last.shards.push(move.shard);
    else groups.push({ key, newest: move, shards: [move.shard] });
  }
  return groups.slice(0, groupsMax);
}

interface MovesPanelProps {
  view: ClusterView;
  moves: AdminMovesResponse | undefined;
}

/** What moves and what has moved, with the reasons. */
export function MovesPanel({ view, moves }: MovesPanelProps) {
  const t = useAdminText();
  const pending = view.live.cluster.pendingMoves;
  const recent = grouped(moves?.recent ?? []);
  return (
    <Panel
      title={t("moves.title")}
      className="moves-panel"
      aside={<span className="live">{pending > 0 ? t("moves.pending", { n: pending }) : t("moves.quiet")}</span>}
    >
      <p className="sr" role="status">{pending > 0 ? t("moves.underWay", { n: pending }) : t("moves.settled")}</p>
      {moves && recent.length === 0 && <Empty>{t("moves.empty")}</Empty>}
      {recent.length > 0 && (
        <TableBox
          label={t("moves.title")}
          columns={[
            t("moves.when"),
            t("moves.shard"),
            t("moves.from"),
            t("moves.to"),
            t("moves.reason"),
            t("moves.note"),
          ]}
        >
          {recent.map(({ key, newest, shards }) => (
            <tr key={key} data-testid="move-row">
              <td>
                <time dateTime={newest.at}>{momentText(Date.parse(newest.at), view.live.atMs)}</time>
              </td>
              <td>{shards.length === 1 ? numberText(newest.shard) : t("moves.shards", { n: shards.length })}</td>
              <td>{newest.from}</td>
              <td>{newest.to}</td>
              <td>{t(`reason.${newest.reason}`)}</td>
              <td>{newest.note}</td>
            </tr>
          ))}
        </TableBox>
      )}
    </Panel>
  );
}
