import { Icon } from "../../components/Icon";
import { Panel } from "../../components/Panel";
import { numberText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import type { AdminNodeStatus, AdminRoomsResponse, NodeEntry } from "../../protocol.generated";
import { type ClusterView, fairShare, hueOfPlace, labelOf, shardCount } from "../../state/cluster";
import type { Ask } from "./ask";
import { Gauge } from "./Gauge";

interface NodesPanelProps {
  view: ClusterView;
  rooms: AdminRoomsResponse | undefined;
  spot: string | undefined;
  point: (node: string | undefined) => void;
  ask: (ask: Ask) => void;
}

export function NodesPanel({ view, rooms, spot, point, ask }: NodesPanelProps) {
  const t = useAdminText();
  const { nodes } = view.live.cluster;
  return (
    <Panel title={t("node.title")} className="nodes-panel">
      <ul className="nodes">
        {nodes.map((node) => (
          <li key={`${labelOf(node)} ${node.incarnation ?? ""}`}>
            <NodeCard
              node={node}
              fair={fairShare(node, nodes)}
              hue={hueOfPlace(view.palette.indexOf(labelOf(node)))}
              status={rooms?.nodes.find(({ name }) => name === node.name)}
              isLit={spot === labelOf(node)}
              point={point}
              ask={ask}
            />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

interface NodeCardProps {
  node: NodeEntry;
  fair: number | undefined;
  hue: number;
  status: AdminNodeStatus | undefined;
  isLit: boolean;
  point: (node: string | undefined) => void;
  ask: (ask: Ask) => void;
}

function NodeCard({ node, fair, hue, status, isLit, point, ask }: NodeCardProps) {
  const t = useAdminText();
  const label = labelOf(node);
  const { name } = node;
  const overload = status?.overload ?? node.overload ?? "calm";
  return (
    <article
      className="node-card"
      data-testid={`node-${label}`}
      data-dead={node.isAlive === false}
      style={{ "--h": hue }}
      onPointerEnter={() => point(label)}
      onPointerLeave={() => point(undefined)}
    >
      <header>
        <button
          type="button"
          className="node-name"
          aria-pressed={isLit}
          onFocus={() => point(label)}
          onBlur={() => point(undefined)}
          onClick={() => point(label)}
        >
          <i className="swatch" aria-hidden="true" />
          <b>{label}</b>
        </button>
        {node.isCoordinator && <Icon name="crown" label={t("node.coordinator")} />}
        <span className="spring" />
        {node.isAlive === false && <span className="tag bad">{t("node.dead")}</span>}
        {node.isAlive === undefined && <span className="tag">{t("node.unknown")}</span>}
        {node.isDraining && <span className="tag gold">{t("node.draining")}</span>}
        {node.isAlive === true && <span className="tag" data-level={overload}>{t(`overload.${overload}`)}</span>}
      </header>
      <p className="node-figures">
        <b data-testid={`shards-${label}`}>{numberText(node.shards)}</b>{" "}
        <span>{t("node.shards", { n: node.shards }).replace(/^\S+ /, "")}</span>
        {fair !== undefined && <small>{t("node.share", { n: Math.round(fair) })}</small>}
        <small>{t("node.weightIs", { n: node.weight ?? 0 })}</small>
        {status && <small>{t("node.rooms", { n: status.rooms })}</small>}
        {status && <small>{t("node.players", { n: status.players })}</small>}
      </p>
      <span className="share-bar" aria-hidden="true">
        <i style={{ "--w": node.shards / shardCount }} />
        {fair !== undefined && <em style={{ "--w": fair / shardCount }} />}
      </span>
      {status && <Load status={status} />}
      {node.reason !== undefined && node.reason !== "" && <p className="said">“{node.reason}”</p>}
      {name !== undefined && (
        <div className="row-of-buttons">
          <button
            type="button"
            className="btn small"
            onClick={() => ask({ action: node.isDraining ? "undrain" : "drain", node: name })}
            data-testid={`drain-${name}`}
          >
            {node.isDraining ? t("action.undrain") : t("action.drain")}
            <span className="sr">{name}</span>
          </button>
          <button
            type="button"
            className="btn small"
            onClick={() => ask({ action: "weight", node: name })}
            data-testid={`weight-${name}`}
          >
            {t("action.weight")}
            <span className="sr">{name}</span>
          </button>
        </div>
      )}
    </article>
  );
}

const mebibyte = 1_048_576;

function Load({ status }: { status: AdminNodeStatus }) {
  const t = useAdminText();
  const { cpuPercent, lagMs, memoryBytes, memoryLimitBytes, backlogRows } = status;
  const memory = memoryBytes === undefined ? undefined : `${numberText(Math.round(memoryBytes / mebibyte))} MiB`;
  return (
    <dl className="gauges" aria-label={t("node.load", { node: status.name })}>
      {cpuPercent !== undefined && <Gauge label={t("node.cpu")} part={cpuPercent / 100} text={`${cpuPercent} %`} />}
      {memory !== undefined && memoryLimitBytes !== undefined && (
        <Gauge label={t("node.memory")} part={(memoryBytes ?? 0) / memoryLimitBytes} text={memory} />
      )}
      <Gauge label={t("node.lag")} part={lagMs / 1_000} text={`${numberText(lagMs)} ms`} />
      <Gauge label={t("node.backlog")} part={backlogRows / 32_000} text={t("node.rows", { n: backlogRows })} />
    </dl>
  );
}
