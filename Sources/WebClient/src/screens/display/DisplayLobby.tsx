import { Face } from "../../components/Face";
import { RoomQR } from "../../components/RoomQR";
import { useText } from "../../i18n";
import { app } from "../../state/app";
import { isHost, players } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { HostTools, StartButton } from "../room/HostPanel";

/** The way in, readable from the last row. */
export function DisplayLobby() {
  const t = useText();
  const room = useStore(app, (state) => state.room);
  const host = useStore(app, isHost);
  if (!room) return null;
  const seated = players(room);
  return (
    <section className="stage display-lobby" aria-labelledby="stage-title">
      <div className="display-in">
        <div>
          <p className="eyebrow">{t("display.goTo", { address: location.host })}</p>
          <h1 id="stage-title">{room.settings.title}</h1>
          <p className="code-large" role="img" aria-label={[...room.code].join(" ")} data-testid="display-code">
            {room.code}
          </p>
        </div>
        <RoomQR code={room.code} />
      </div>
      <p className="display-count" role="status">{t("display.players", { n: seated.length })}</p>
      <ul className="display-players">
        {seated.map((member) => (
          <li
            key={member.player}
            className="token"
            data-ready={member.ready}
            data-here={room.present.includes(member.player)}
          >
            <Face player={member.player} nickname={member.nickname} />
            <span className="name">{member.nickname}</span>
          </li>
        ))}
      </ul>
      {host && (
        <footer className="lobby-foot">
          <StartButton room={room} />
          <HostTools room={room} />
        </footer>
      )}
    </section>
  );
}
