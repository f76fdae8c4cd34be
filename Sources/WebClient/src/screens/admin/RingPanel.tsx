import { useMemo } from "react";
import { Panel } from "../../components/Panel";
import { numberText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import type { AdminRingResponse } from "../../protocol.generated";
import { type Arc, arcsOf, type ClusterView, hueOfPlace, shardCount } from "../../state/cluster";

interface RingPanelProps {
  view: ClusterView;
  ring: AdminRingResponse | undefined;
  spot: string | undefined;
}

const pointsRadius = 92;
const shardsRadius = 70;

function place(turn: number, radius: number): string {
  const angle = turn * 2 * Math.PI;
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
}

/** An arc as a path; a whole circle needs two. */
function pathOf({ from, to }: Omit<Arc, "node">, radius: number): string {
  const middle = (from + to) / 2;
  const half = (turn: number): string => `A${radius} ${radius} 0 0 1 ${place(turn, radius)}`;
  return `M${place(from, radius)}${half(middle)}${half(to)}`;
}

/** What each node has now, as one circle. */
function shares(view: ClusterView): Arc[] {
  const counts = new Map<number, number>();
  for (const cell of view.cells) counts.set(cell.owner, (counts.get(cell.owner) ?? 0) + 1);
  let from = 0;
  return view.palette.flatMap((node, index) => {
    const to = from + (counts.get(index) ?? 0) / shardCount;
    const arc = { node, from, to };
    from = to;
    return arc.to > arc.from ? [arc] : [];
  });
}

/** The hash ring outside, what the nodes really have inside. */
export function RingPanel({ view, ring, spot }: RingPanelProps) {
  const t = useAdminText();
  const outside = useMemo(() => {
    const paths = new Map<string, string>();
    for (const arc of ring === undefined ? [] : arcsOf(ring)) {
      paths.set(arc.node, (paths.get(arc.node) ?? "") + pathOf(arc, pointsRadius));
    }
    return [...paths];
  }, [ring]);
  const hue = (node: string): number => hueOfPlace(view.palette.indexOf(node));
  const inside = shares(view);
  const count = (arc: Arc): number => Math.round((arc.to - arc.from) * shardCount);
  const spoken = inside.map((arc) => `${arc.node} ${t("node.shards", { n: count(arc) })}`).join(", ");
  const pending = view.live.cluster.pendingMoves;
  return (
    <Panel title={t("ring.title")} className="ring-panel">
      <svg viewBox="-100 -100 200 200" role="img" aria-label={`${t("ring.label")}: ${spoken}`} className="hash-ring">
        <circle className="halo" r={shardsRadius - 18} />
        {outside.map(([node, path]) => (
          <path
            key={node}
            className="points"
            d={path}
            style={{ "--h": hue(node) }}
            data-dim={spot !== undefined && spot !== node}
          />
        ))}
        {inside.map((arc) => (
          <path
            key={arc.node}
            className="share"
            d={pathOf({ from: arc.from + 0.002, to: Math.max(arc.from + 0.004, arc.to - 0.002) }, shardsRadius)}
            style={{ "--h": hue(arc.node) }}
            data-dim={spot !== undefined && spot !== arc.node}
          />
        ))}
        <g aria-hidden="true" className="ring-text">
          <text y="2">{numberText(pending > 0 ? pending : inside.length)}</text>
          <text y="18" className="small">
            {pending > 0 ? t("total.moves") : t("ring.nodes", { n: inside.length }).replace(/^\S+ /, "")}
          </text>
        </g>
      </svg>
    </Panel>
  );
}
