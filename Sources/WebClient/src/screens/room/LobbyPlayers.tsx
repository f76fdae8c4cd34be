import { Face } from "../../components/Face";
import { Icon } from "../../components/Icon";
import { useAsk } from "../../components/useAsk";
import { useText } from "../../i18n";
import type { MemberRole, MemberView } from "../../protocol.generated";
import type { RoomView } from "../../state/room";
import { players } from "../../state/selectors";

interface LobbyPlayersProps {
  room: RoomView;
  me?: string;
  host: boolean;
}

export function LobbyPlayers({ room, me, host }: LobbyPlayersProps) {
  const t = useText();
  const seated = players(room);
  const ready = seated.filter((member) => member.ready).length;
  return (
    <section className="crowd" aria-labelledby="crowd-title">
      <header className="panel-head">
        <h2 id="crowd-title">
          {t("lobby.players")} <span className="count">{seated.length}</span>
        </h2>
        <span className="live" role="status">{t("lobby.readyCount", { n: ready, of: seated.length })}</span>
      </header>
      <ul className="tokens">
        {room.members.map((member) => (
          <Token
            key={member.player}
            member={member}
            mine={member.player === me}
            here={room.present.includes(member.player)}
            rules={host && member.player !== me}
          />
        ))}
      </ul>
      {seated.length < 2 && <p className="hint">{t("lobby.alone")}</p>}
    </section>
  );
}

const roleSign: Record<MemberRole, "people" | "screen"> = { player: "people", display: "screen" };

function Token({ member, mine, here, rules }: { member: MemberView; mine: boolean; here: boolean; rules: boolean }) {
  const t = useText();
  const ask = useAsk();
  const { player, nickname, role, ready, host } = member;
  const word = !here
    ? "lobby.away"
    : role === "display"
    ? "lobby.isDisplay"
    : ready
    ? "lobby.isReady"
    : "lobby.notReady";
  return (
    <li className="token" data-ready={ready} data-here={here} data-me={mine} data-testid="player">
      {role === "display"
        ? (
          <span className="face plain">
            <Icon name={roleSign[role]} />
          </span>
        )
        : <Face player={player} nickname={nickname} off={!here} />}
      <span className="token-text">
        <span className="name">{nickname}</span>
        <small>
          {host && <Icon name="crown" label={t("lobby.isHost")} />}
          {mine ? `${t("board.you")} · ${t(word)}` : t(word)}
        </small>
      </span>
      {rules && (
        <span className="token-rules">
          {role === "player" && (
            <button
              type="button"
              className="btn icon-btn quiet"
              aria-label={t("host.transfer", { name: nickname })}
              data-testid={`transfer-${player}`}
              onClick={() => ask("room:transfer", { player })}
            >
              <Icon name="crown" />
            </button>
          )}
          <button
            type="button"
            className="btn icon-btn quiet bad"
            aria-label={t("host.kick", { name: nickname })}
            data-testid={`kick-${player}`}
            onClick={() => ask("room:kick", { player })}
          >
            <Icon name="cross" />
          </button>
        </span>
      )}
    </li>
  );
}
