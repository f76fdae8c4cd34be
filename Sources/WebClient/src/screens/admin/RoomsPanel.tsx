import { Panel } from "../../components/Panel";
import { Empty } from "../../components/States";
import { numberText } from "../../i18n";
import { useAdminText } from "../../i18n/admin";
import type { AdminRoomsResponse } from "../../protocol.generated";
import { TableBox } from "./TableBox";

const roomsMax = 40;

interface RoomsPanelProps {
  rooms: AdminRoomsResponse | undefined;
  open: (shard: string) => void;
}

/** Live rooms, the fullest first. A room opens its shard. */
export function RoomsPanel({ rooms, open }: RoomsPanelProps) {
  const t = useAdminText();
  const all = (rooms?.nodes ?? []).flatMap((node) => node.live.map((room) => ({ ...room, node: node.name })))
    .sort((one, other) => other.players - one.players || (one.code < other.code ? -1 : 1));
  const count = rooms?.nodes.reduce((sum, node) => sum + node.rooms, 0) ?? 0;
  const shown = all.slice(0, roomsMax);
  return (
    <Panel title={t("rooms.title")} className="rooms-panel" aside={<span className="count">{numberText(count)}</span>}>
      {rooms && rooms.silent.length > 0 && (
        <p className="fault">{t("rooms.silent", { nodes: rooms.silent.join(", ") })}</p>
      )}
      {rooms && shown.length === 0 && <Empty>{t("rooms.empty")}</Empty>}
      {shown.length > 0 && (
        <TableBox
          label={t("rooms.title")}
          columns={[t("rooms.code"), t("rooms.node"), t("rooms.phase"), t("rooms.players")]}
        >
          {shown.map((room) => (
            <tr key={room.code} data-testid="room-row">
              <td>
                <button
                  type="button"
                  className="btn small mono"
                  onClick={() => open(room.code)}
                >
                  {room.code}
                </button>
              </td>
              <td>{room.node}</td>
              <td>{t(`phase.${room.phase}`)}</td>
              <td>{numberText(room.players)}</td>
            </tr>
          ))}
        </TableBox>
      )}
      {count > shown.length && <p className="hint">{t("rooms.more", { n: count - shown.length })}</p>}
    </Panel>
  );
}
