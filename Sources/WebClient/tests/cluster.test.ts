import { adminDe } from "../src/i18n/admin/de";
import { adminEn } from "../src/i18n/admin/en";
import type { Entry } from "../src/i18n/format";
import type { AdminLiveResponse, NodeEntry } from "../src/protocol.generated";
import { arcsOf, fairShare, follow, hueOfPlace, shardCount } from "../src/state/cluster";
import { parse } from "../src/app/router";
import { equal, truthy } from "./assert";

const node = (name: string, part: Partial<NodeEntry> = {}): NodeEntry => ({
  name,
  isAlive: true,
  isDraining: false,
  weight: 100,
  shards: 512,
  isCoordinator: false,
  ...part,
});

const look = (names: string[], owner: (shard: number) => number, part: Partial<AdminLiveResponse> = {}) => ({
  atMs: 1,
  node: names[0] ?? "?",
  cluster: { nodes: names.map((name) => node(name)), unownedShards: 0, pendingMoves: 0, hasRedis: true },
  owners: Array.from({ length: shardCount }, (_, shard) => owner(shard)),
  moves: [],
  pins: [],
  revision: 1,
  ...part,
});

Deno.test("shards that have come to another owner are told, those that stayed are not", () => {
  const first = follow(undefined, look(["a", "b"], (shard) => shard % 2));
  equal(first.cells.filter((cell) => cell.arrived).length, 0);
  const second = follow(first, look(["a", "b"], (shard) => (shard === 4 ? 1 : shard % 2)));
  equal(second.cells.flatMap((cell, shard) => (cell.arrived ? [shard] : [])), [4]);
  equal(follow(second, second.live).cells.filter((cell) => cell.arrived).length, 0);
});

Deno.test("a node keeps its colour when others come and go and the list is in another order", () => {
  const first = follow(undefined, look(["b", "c"], () => 0));
  const second = follow(first, look(["a", "b", "c"], () => 1));
  equal(second.palette, ["b", "c", "a"]);
  equal(second.cells[0]?.owner, 0);
  truthy(second.cells.every((cell) => !cell.arrived), "nothing has moved");
  equal(new Set([0, 1, 2, 3, 4, 5, 6, 7].map(hueOfPlace)).size, 8);
});

Deno.test("nobody's shards, pins and targets stand in their cells", () => {
  const moves = [{ shard: 7, from: "a", to: "b", reason: "pinned" as const }];
  const { cells } = follow(undefined, look(["a", "b"], (shard) => (shard === 3 ? -1 : 0), { moves, pins: [7] }));
  equal(cells[3], { owner: -1, target: -1, pinned: false, arrived: false });
  equal(cells[7], { owner: 0, target: 1, pinned: true, arrived: false });
});

Deno.test("the fair share goes by the weights of those that take shards", () => {
  const nodes = [node("a"), node("b", { weight: 300 }), node("c", { isDraining: true }), node("d", { isAlive: false })];
  equal(nodes.map((one) => fairShare(one, nodes)), [256, 768, undefined, undefined]);
});

Deno.test("the ring is one turn without gaps, and a place belongs to the next point behind it", () => {
  const ring = { nodes: [{ node: "a", weight: 1, points: [0, 32_768] }, { node: "b", weight: 1, points: [16_384] }] };
  const arcs = arcsOf(ring);
  equal(arcs.map((arc) => [arc.node, arc.from, arc.to]), [["a", -0.5, 0], ["b", 0, 0.25], ["a", 0.25, 0.5]]);
  equal(arcs.reduce((sum, arc) => sum + arc.to - arc.from, 0), 1);
  equal(arcsOf({ nodes: [] }), []);
  equal(arcsOf({ nodes: [{ node: "a", weight: 1, points: [5, 9] }] }).length, 1);
});

Deno.test("the operators' page has a path of its own", () => {
  equal(parse("/admin"), { name: "admin" });
  equal(parse("/admin/x"), { name: "missing" });
});

const places = (entry: Entry): string[] => {
  const text = typeof entry === "string" ? entry : entry.other;
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
};

Deno.test("the operators' texts are in both languages, with the same values, and all of them are used", async () => {
  const keys = Object.keys(adminEn) as (keyof typeof adminEn)[];
  equal(Object.keys(adminDe).sort(), [...keys].sort());
  for (const key of keys) {
    equal(places(adminDe[key]), places(adminEn[key]), key);
    equal(typeof adminDe[key], typeof adminEn[key], key);
  }
  const folder = new URL("../src/screens/admin/", import.meta.url);
  let text = "";
  for await (const { name } of Deno.readDir(folder)) text += await Deno.readTextFile(new URL(name, folder));
  const families = [...text.matchAll(/`([a-z.]+\.)\$\{/g)].map((match) => match[1] ?? "");
  equal(keys.filter((key) => !text.includes(`"${key}"`) && !families.some((family) => key.startsWith(family))), []);
});
