import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { route, startRouter } from "./app/router";
import { startUpdates } from "./app/update";
import { startLanguage } from "./i18n";
import { fetchLibrary } from "./net/link";
import { startPreferences } from "./state/preferences";
import "./styles/index.css";

async function start(): Promise<void> {
  startPreferences();
  startRouter();
  if (route.get().name === "room" || route.get().name === "display") fetchLibrary();
  await startLanguage();
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<App />);
  // Without a service worker (an address that is not secure) there is no offline page, and nothing else is missing.
  if (document.readyState === "complete") await startUpdates().catch(() => undefined);
  else addEventListener("load", () => void startUpdates().catch(() => undefined), { once: true });
}

void start();
