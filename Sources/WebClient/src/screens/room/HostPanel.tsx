import { Suspense, useState } from "react";
import { Icon } from "../../components/Icon";
import { useAsk } from "../../components/useAsk";
import { useText } from "../../i18n";
import { SettingsDialog } from "../../lazy";
import type { RoomView } from "../../state/room";
import { players, waitingFor } from "../../state/selectors";

export function StartButton({ room }: { room: RoomView }) {
  const t = useText();
  const ask = useAsk();
  const waiting = waitingFor(room);
  return (
    <button
      type="button"
      className="btn primary big"
      data-testid="start-button"
      disabled={players(room).length === 0}
      onClick={() => ask("game:start", {})}
    >
      <Icon name="play" />
      <span className="start-text">
        {t("host.start")}
        <small>{waiting > 0 ? t("host.waiting", { n: waiting }) : t("host.allReady")}</small>
      </span>
    </button>
  );
}

/** The host's settings and lock. */
export function HostTools({ room }: { room: RoomView }) {
  const t = useText();
  const ask = useAsk();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="btn" data-testid="settings-button" onClick={() => setOpen(true)}>
        <Icon name="gear" />
        {t("host.settings")}
      </button>
      <button
        type="button"
        className="btn"
        aria-pressed={room.locked}
        data-testid="lock-button"
        onClick={() => ask("room:lock", { locked: !room.locked })}
      >
        <Icon name={room.locked ? "lock" : "unlock"} />
        {t(room.locked ? "host.unlock" : "host.lock")}
      </button>
      {open && (
        <Suspense fallback={null}>
          <SettingsDialog settings={room.settings} close={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
