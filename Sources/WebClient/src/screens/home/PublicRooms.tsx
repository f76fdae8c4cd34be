import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { Panel } from "../../components/Panel";
import { Empty, Failed, Loading } from "../../components/States";
import { useLoad } from "../../components/useLoad";
import { paths } from "../../app/router";
import { type Key, useText } from "../../i18n";
import { listRooms } from "../../net/api";
import type { RoomPhase, RoomSummary } from "../../protocol.generated";

const refreshEveryMs = 10_000;

const phaseWords: Record<RoomPhase, Key> = {
  lobby: "phase.lobby",
  countdown: "phase.playing",
  question: "phase.playing",
  locked: "phase.playing",
  reveal: "phase.playing",
  leaderboard: "phase.playing",
  podium: "phase.podium",
  closed: "phase.closed",
};

export function PublicRooms() {
  const t = useText();
  const rooms = useLoad("rooms", listRooms, refreshEveryMs);
  return (
    <Panel title={t("home.rooms")} className="public-rooms">
      {rooms.status === "loading" && <Loading />}
      {rooms.status === "failed" && <Failed fault={rooms.fault} retry={rooms.reload} />}
      {rooms.status === "ready" && rooms.value.rooms.length === 0 && <Empty>{t("home.noRooms")}</Empty>}
      {rooms.status === "ready" && (
        <ul className="rooms">
          {rooms.value.rooms.map((room) => <RoomCard key={room.code} room={room} />)}
        </ul>
      )}
    </Panel>
  );
}

function RoomCard({ room }: { room: RoomSummary }) {
  const t = useText();
  return (
    <li>
      <Link href={paths.room(room.code)} className="room-card" data-testid="public-room">
        <span className="room-title">{room.title}</span>
        <span className="room-code">{room.code}</span>
        <span className="dim">
          <Icon name="people" /> {t("home.playersOf", { n: room.players, max: room.playersMax })}
        </span>
        <span className="tag" data-phase={room.phase}>
          {room.locked ? t("lobby.locked") : t(phaseWords[room.phase])}
        </span>
      </Link>
    </li>
  );
}
