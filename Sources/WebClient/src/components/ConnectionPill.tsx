import { type Key, useText } from "../i18n";
import { app, type LinkStatus } from "../state/app";
import { useStore } from "../state/useStore";

const words: Record<LinkStatus, Key> = {
  idle: "link.idle",
  connecting: "link.connecting",
  online: "link.online",
  reconnecting: "link.reconnecting",
  offline: "link.offline",
  refused: "link.refused",
};

/** Colour, word and milliseconds; the milliseconds change too often to be read out. */
export function ConnectionPill() {
  const t = useText();
  const link = useStore(app, (state) => state.link);
  const saving = useStore(app, (state) => state.room?.saving === true);
  const latency = useStore(app, (state) => state.latencyMs);
  if (link === "idle") return null;
  const status = link === "online" && saving ? "saving" : link;
  return (
    <span className="pill" data-status={status} data-testid="connection-pill">
      <i aria-hidden="true" />
      <span role="status">{status === "saving" ? t("link.saving") : t(words[link])}</span>
      {status === "online" && latency !== undefined && <small aria-hidden="true">{t("link.ms", { n: latency })}</small>}
    </span>
  );
}
