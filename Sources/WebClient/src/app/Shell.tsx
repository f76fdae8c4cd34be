import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import { Link } from "../components/Link";
import { Notices } from "../components/Notices";
import { type Key, useText } from "../i18n";
import { app } from "../state/app";
import { useStore } from "../state/useStore";
import { paths, type Route } from "./router";
import { TopBar } from "./TopBar";
import { UpdatePrompt } from "./UpdatePrompt";

const titles: Record<Route["name"], Key> = {
  home: "title.home",
  room: "title.room",
  display: "title.display",
  history: "history.title",
  game: "title.game",
  settings: "prefs.title",
  licences: "licences.title",
  admin: "title.admin",
  missing: "missing.title",
};

/** What every screen has around it: skip link, bar, main, footer, notices. */
export function Shell({ here, children }: { here: Route; children: ReactNode }) {
  const t = useText();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const roomTitle = useStore(app, (state) => state.room?.settings.title);
  const inRoom = here.name === "room" || here.name === "display";
  useEffect(() => {
    const name = inRoom && roomTitle !== undefined ? roomTitle : t(titles[here.name]);
    document.title = `${name} · QuizMania`;
  }, [here, inRoom, roomTitle, t]);
  useEffect(() => {
    // The first page keeps the browser's focus; each later one begins at its content.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [here]);
  const skip = (event: MouseEvent): void => {
    event.preventDefault();
    (document.getElementById("stage-title") ?? main.current)?.focus();
  };
  return (
    <>
      <a className="skip" href="#main" onClick={skip}>{t("nav.skip")}</a>
      <TopBar here={here} />
      <main id="main" ref={main} tabIndex={-1} data-screen={here.name}>{children}</main>
      {!inRoom && (
        <footer className="foot">
          <Link href={paths.history}>{t("history.title")}</Link>
          <Link href={paths.settings}>{t("prefs.title")}</Link>
          <Link href={paths.licences}>{t("licences.title")}</Link>
        </footer>
      )}
      <Notices />
      <UpdatePrompt />
    </>
  );
}
