import { numberText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import type { AdminRoomsResponse } from "../../protocol.generated";
import type { ClusterView } from "../../state/cluster";

interface TotalsProps {
  view: ClusterView;
  rooms: AdminRoomsResponse | undefined;
}

/** The figures one reads from across the room. */
export function Totals({ view, rooms }: TotalsProps) {
  const t = useAdminText();
  const { nodes, pendingMoves, unownedShards } = view.live.cluster;
  const sum = (part: "rooms" | "players"): string =>
    rooms === undefined ? "–" : numberText(rooms.nodes.reduce((total, node) => total + node[part], 0));
  const figures = [
    { key: "nodes", label: t("total.nodes"), value: numberText(nodes.filter((node) => node.isAlive === true).length) },
    { key: "rooms", label: t("total.rooms"), value: sum("rooms") },
    { key: "players", label: t("total.players"), value: sum("players") },
    { key: "moves", label: t("total.moves"), value: numberText(pendingMoves), busy: pendingMoves > 0 },
    { key: "unowned", label: t("total.unowned"), value: numberText(unownedShards), bad: unownedShards > 0 },
  ];
  return (
    <dl className="totals">
      {figures.map(({ key, label, value, busy, bad }) => (
        <div key={key} className="total" data-busy={busy} data-bad={bad}>
          <dt>{label}</dt>
          <dd data-testid={`total-${key}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
