import { Icon } from "../../components/Icon";
import { RoomQR } from "../../components/RoomQR";
import { copyText } from "../../components/copy";
import { useAsk } from "../../components/useAsk";
import { navigate, paths } from "../../app/router";
import { useText } from "../../i18n";
import { play } from "../../net/roomSession";
import { app } from "../../state/app";
import { isHost } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { HostTools, StartButton } from "./HostPanel";
import { LobbyPlayers } from "./LobbyPlayers";
import { SettingsLine } from "./SettingsLine";

/** Before a game and between games: who is here, how others come in, who is ready. */
export function Lobby() {
  const t = useText();
  const ask = useAsk();
  const room = useStore(app, (state) => state.room);
  const me = useStore(app, (state) => state.me?.player);
  const host = useStore(app, isHost);
  if (!room) return null;
  const self = room.members.find((member) => member.player === me);
  const link = `${location.origin}${paths.room(room.code)}`;
  const copy = (): void => void copyText(link, t("lobby.copied"), t("lobby.notCopied"));
  const share = (): void => void navigator.share({ title: room.settings.title, url: link }).catch(() => undefined);
  const leave = (): void => void play.leave().then(() => navigate(paths.home));

  return (
    <section className="stage lobby" aria-labelledby="stage-title">
      <header className="lobby-head">
        <div>
          <p className="eyebrow">{t("lobby.eyebrow")}</p>
          <h1 id="stage-title" tabIndex={-1}>{room.settings.title}</h1>
          <SettingsLine settings={room.settings} locked={room.locked} />
        </div>
        <div className="row-of-buttons">
          {host && <HostTools room={room} />}
          <button type="button" className="btn quiet" onClick={leave} data-testid="leave-button">
            <Icon name="door" />
            {t("lobby.leave")}
          </button>
        </div>
      </header>
      <div className="lobby-grid">
        <div className="ticket">
          <div className="ticket-code">
            <p className="eyebrow">{t("lobby.joinWith")}</p>
            <p className="code-large" aria-label={[...room.code].join(" ")} role="img">{room.code}</p>
            <p className="dim address">{location.host}</p>
            <div className="row-of-buttons">
              <button type="button" className="btn" onClick={copy} data-testid="copy-link">
                <Icon name="copy" />
                {t("lobby.copy")}
              </button>
              {"share" in navigator && (
                <button type="button" className="btn" onClick={share}>
                  <Icon name="share" />
                  {t("lobby.share")}
                </button>
              )}
              <a
                className="btn"
                href={paths.display(room.code)}
                target="_blank"
                rel="noreferrer"
                data-testid="display-link"
              >
                <Icon name="screen" />
                {t("lobby.display")}
              </a>
            </div>
          </div>
          <RoomQR code={room.code} />
        </div>
        <LobbyPlayers room={room} me={me} host={host} />
      </div>
      <footer className="lobby-foot">
        {host && <StartButton room={room} />}
        {self?.role === "player" && (
          <button
            type="button"
            className={`btn big ${self.ready ? "done" : host ? "" : "primary"}`}
            aria-pressed={self.ready}
            data-testid="ready-button"
            onClick={() => ask("room:ready", { ready: !self.ready })}
          >
            <Icon name={self.ready ? "check" : "bolt"} />
            {t(self.ready ? "lobby.readyDone" : "lobby.ready")}
          </button>
        )}
      </footer>
    </section>
  );
}
