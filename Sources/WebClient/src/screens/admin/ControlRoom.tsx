import { useEffect, useState } from "react";
import { Icon } from "../../components/Icon";
import { Failed, Loading } from "../../components/States";
import { usePoll } from "../../components/usePoll";
import { useAdminText } from "../../i18n/admin";
import { askLive, askMoves, askRing, askRooms, keepToken } from "../../net/operator";
import { cluster, follow } from "../../state/cluster";
import { useStore } from "../../state/useStore";
import { ChangeDialog } from "./ChangeDialog";
import { MovesPanel } from "./MovesPanel";
import { NodesPanel } from "./NodesPanel";
import { RingPanel } from "./RingPanel";
import { RoomsPanel } from "./RoomsPanel";
import { ShardDialog } from "./ShardDialog";
import { ShardMap } from "./ShardMap";
import { Totals } from "./Totals";
import type { Ask } from "./ask";

const liveEveryMs = 1_000;
const roomsEveryMs = 2_000;
const slowEveryMs = 15_000;
/** Without an answer for so long, what is shown is called old. */
const staleAfterMs = 4_000;

/** Everything at once, live: what hangs on the wall. */
export function ControlRoom() {
  const t = useAdminText();
  const live = usePoll("live", () => askLive(), liveEveryMs);
  const rooms = usePoll("rooms", askRooms, roomsEveryMs);
  const view = useStore(cluster, (value) => value);
  const revision = view?.live.revision ?? 0;
  const moves = usePoll(`moves ${revision}`, askMoves, slowEveryMs);
  const members = view?.live.cluster.nodes.map((node) => `${node.name} ${node.weight} ${node.isDraining}`).join();
  const ring = usePoll(`ring ${members}`, askRing, slowEveryMs);
  const [spot, setSpot] = useState<string>();
  const [shard, setShard] = useState<string>();
  const [ask, setAsk] = useState<Ask>();

  useEffect(() => {
    const { value } = live;
    if (value) cluster.update((before) => follow(before, value));
  }, [live]);

  if (view === undefined) return live.fault ? <Failed fault={live.fault} /> : <Loading />;
  const { hasRedis, unownedShards } = view.live.cluster;
  const silentMs = live.silentMs ?? 0;
  const isStale = silentMs > staleAfterMs;
  return (
    <div className="control" data-testid="control-room">
      <header className="control-head">
        <div>
          <p className="eyebrow">{t("head.eyebrow", { node: view.live.node })}</p>
          <h1 tabIndex={-1}>{t("head.title")}</h1>
        </div>
        <span className="spring" />
        <p className="pill" data-status={isStale ? "offline" : "online"} data-testid="live-pill">
          <i aria-hidden="true" />
          {isStale ? t("head.stale", { n: Math.round(silentMs / 1_000) }) : t("head.live")}
        </p>
        <button type="button" className="btn" onClick={() => setAsk({ action: "rebalance" })} data-testid="rebalance">
          {t("action.rebalance")}
        </button>
        <button
          type="button"
          className="btn icon-btn"
          aria-label={t("head.leave")}
          onClick={() => keepToken(undefined)}
          data-testid="forget-token"
        >
          <Icon name="door" />
        </button>
      </header>
      {!hasRedis && <p className="banner" role="alert">{t("warning.noRedis")}</p>}
      {unownedShards > 0 && <p className="banner" role="alert">{t("warning.unowned", { n: unownedShards })}</p>}
      <Totals view={view} rooms={rooms.value} />
      <div className="control-grid">
        <div className="control-column">
          <ShardMap view={view} spot={spot} open={setShard} />
          <MovesPanel view={view} moves={moves.value} />
        </div>
        <div className="control-column">
          <RingPanel view={view} ring={ring.value} spot={spot} />
          <RoomsPanel rooms={rooms.value} open={setShard} />
        </div>
        <NodesPanel view={view} rooms={rooms.value} spot={spot} point={setSpot} ask={setAsk} />
      </div>
      {shard !== undefined && (
        <ShardDialog
          key={shard}
          shard={shard}
          close={() => setShard(undefined)}
          ask={setAsk}
          revision={revision}
        />
      )}
      {ask && <ChangeDialog ask={ask} view={view} close={() => setAsk(undefined)} />}
    </div>
  );
}
