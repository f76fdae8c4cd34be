import type { AdminLiveResponse, AdminRingResponse, NodeEntry } from "../protocol.generated";
import { Store } from "./store";

export const shardCount = 1_024;
export const columns = 32;

/** A shard as the map draws it; nodes by their place in the palette. */
export interface Cell {
  /** −1: nobody. */
  owner: number;
  /** Where it moves; −1: nowhere. */
  target: number;
  pinned: boolean;
  /** It came to its owner with the newest look. */
  arrived: boolean;
}

/** What the page knows of the cluster. */
export interface ClusterView {
  live: AdminLiveResponse;
  /** Nodes' names in the order in which they were first seen: a node keeps its colour while the page is open. */
  palette: readonly string[];
  cells: readonly Cell[];
}

/** Names a node for people, and for the palette. */
export const labelOf = (node: NodeEntry): string => node.name ?? node.incarnation?.slice(0, 8) ?? "?";

/** What the page knows after another look. */
export function follow(before: ClusterView | undefined, live: AdminLiveResponse): ClusterView {
  const labels = live.cluster.nodes.map(labelOf);
  const palette = [...(before?.palette ?? [])];
  for (const label of labels) if (!palette.includes(label)) palette.push(label);
  const places = labels.map((label) => palette.indexOf(label));
  const targets = new Map(live.moves.map((move) => [move.shard, palette.indexOf(move.to)]));
  const pins = new Set(live.pins);
  const cells = live.owners.map((node, shard): Cell => {
    const owner = places[node] ?? -1;
    const earlier = before?.cells[shard]?.owner;
    return {
      owner,
      target: targets.get(shard) ?? -1,
      pinned: pins.has(shard),
      arrived: earlier !== undefined && earlier !== owner && owner >= 0,
    };
  });
  return { live, palette, cells };
}

/** Degrees; neighbours in the palette are far apart, however many there are. */
export const hueOfPlace = (place: number): number => Math.round((205 + place * 137.508) % 360);

/** Shards a node should have by its weight; undefined: it takes none. */
export function fairShare(node: NodeEntry, nodes: readonly NodeEntry[]): number | undefined {
  const takes = (one: NodeEntry): number => (one.isAlive === true && !one.isDraining ? (one.weight ?? 0) : 0);
  const total = nodes.reduce((sum, one) => sum + takes(one), 0);
  return total > 0 && takes(node) > 0 ? (shardCount * takes(node)) / total : undefined;
}

/** A part of the ring; in turns, clockwise from the top. `to` may be above 1. */
export interface Arc {
  node: string;
  from: number;
  to: number;
}

/** Which node the ring likes best at each of its places: a place belongs to the next point behind it. */
export function arcsOf(ring: AdminRingResponse): Arc[] {
  const turn = 65_536;
  const points = ring.nodes.flatMap(({ node, points: own }) => own.map((at) => ({ node, at })))
    .sort((one, other) => one.at - other.at);
  const last = points.at(-1);
  if (last === undefined) return [];
  const arcs: Arc[] = [];
  let from = last.at - turn;
  for (const { node, at } of points) {
    const before = arcs.at(-1);
    if (before?.node === node) before.to = at / turn;
    else if (at > from) arcs.push({ node, from: from / turn, to: at / turn });
    from = at;
  }
  return arcs;
}

/** What the operators' page draws; undefined until the first answer. */
export const cluster = new Store<ClusterView | undefined>(undefined);
