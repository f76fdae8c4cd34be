import { type FormEvent, type KeyboardEvent, memo, type MouseEvent, useRef, useState } from "react";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { useAdminText } from "../../i18n/admin";
import { type Cell, type ClusterView, columns, hueOfPlace, shardCount } from "../../state/cluster";

interface ShardMapProps {
  view: ClusterView;
  /** The node that is looked at: the others' shards step back. */
  spot: string | undefined;
  open: (shard: string) => void;
}

const steps: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  ArrowDown: columns,
  ArrowUp: -columns,
};

/** Where a key leads from a shard; undefined: it is no key of the map. */
function goal(key: string, from: number): number | undefined {
  if (key === "Home") return from - (from % columns);
  if (key === "End") return from - (from % columns) + columns - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  const to = from + step;
  return to >= 0 && to < shardCount ? to : from;
}

/** All shards, coloured by owner. One of them is in the order of the keyboard; the arrow keys walk from there. */
export function ShardMap({ view, spot, open }: ShardMapProps) {
  const t = useAdminText();
  const grid = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const [asked, setAsked] = useState("");

  const press = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return open(String(current));
    }
    const to = goal(event.key, current);
    if (to === undefined) return;
    event.preventDefault();
    setCurrent(to);
    grid.current?.querySelector<HTMLElement>(`[data-shard="${to}"]`)?.focus();
  };
  const click = (event: MouseEvent): void => {
    const shard = (event.target as HTMLElement).dataset["shard"];
    if (shard === undefined) return;
    setCurrent(Number(shard));
    open(shard);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (asked.trim() !== "") open(asked.trim());
  };
  const lit = spot === undefined ? -1 : view.palette.indexOf(spot);
  return (
    <Panel title={t("map.title")} className="map-panel">
      <div
        ref={grid}
        className="shard-map"
        role="grid"
        tabIndex={-1}
        aria-label={t("map.label")}
        onKeyDown={press}
        onClick={click}
        data-testid="shard-map"
      >
        {Array.from({ length: shardCount / columns }, (_, row) => (
          <Row
            key={row}
            first={row * columns}
            cells={view.cells.slice(row * columns, (row + 1) * columns)}
            palette={view.palette}
            lit={lit}
            current={current}
          />
        ))}
      </div>
      <p className="hint">{t("map.hint")}</p>
      <form className="shard-search" onSubmit={submit}>
        <Field label={t("map.which")} value={asked} change={setAsked} testid="shard-input" />
        <button type="submit" className="btn" data-testid="shard-open">{t("map.open")}</button>
      </form>
    </Panel>
  );
}

interface RowProps {
  first: number;
  cells: readonly Cell[];
  palette: readonly string[];
  lit: number;
  current: number;
}

const sameCell = (one: Cell, other: Cell | undefined): boolean =>
  one.owner === other?.owner && one.target === other.target && one.pinned === other.pinned &&
  one.arrived === other.arrived;

/** A look a second must not draw a thousand cells anew: a row whose cells are as before stays as it is. */
const isSame = (before: RowProps, after: RowProps): boolean => {
  const at = (row: RowProps): number => Math.max(-1, Math.min(columns, row.current - row.first));
  return before.lit === after.lit && at(before) === at(after) && before.palette.join() === after.palette.join() &&
    before.cells.every((cell, index) => sameCell(cell, after.cells[index]));
};

const Row = memo(function Row({ first, cells, palette, lit, current }: RowProps) {
  const t = useAdminText();
  const label = (cell: Cell, shard: number): string =>
    [
      t("map.cell", { shard: String(shard), owner: palette[cell.owner] ?? t("map.nobody") }),
      cell.pinned ? t("map.pinned") : "",
      cell.target < 0 ? "" : t("map.moving", { node: palette[cell.target] ?? "?" }),
    ].filter((part) => part !== "").join(", ");
  return (
    <div role="row" className="shard-row">
      {cells.map((cell, index) => {
        const shard = first + index;
        const text = label(cell, shard);
        return (
          <span
            key={shard}
            role="gridcell"
            className="shard"
            tabIndex={shard === current ? 0 : -1}
            data-shard={shard}
            data-owner={palette[cell.owner]}
            data-nobody={cell.owner < 0}
            data-moving={cell.target >= 0}
            data-arrived={cell.arrived}
            data-pinned={cell.pinned}
            data-dim={lit >= 0 && lit !== cell.owner}
            aria-label={text}
            title={text}
            style={{ "--h": hueOfPlace(cell.owner), "--to": hueOfPlace(cell.target) }}
          />
        );
      })}
    </div>
  );
}, isSame);
