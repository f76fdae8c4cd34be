import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { route, startRouter } from "./app/router";
import { startUpdates } from "./app/update";
import { startLanguage } from "./i18n";
import { fetchLibrary } from "./net/library";
import { startPreferences } from "./state/preferences";
import "./styles/index.css";

/** Milliseconds the first picture waits for the font at most. */
const fontWaitMs = 150;

/**
 * Inter is used when it is there before the first picture, which it is from the second visit on and on a fast network;
 * otherwise this page keeps the system's letters. A font that came later would move what is on screen.
 */
async function startFont(): Promise<void> {
  const loaded = document.fonts.load("1em Inter").then((faces) => faces.length > 0, () => false);
  const late = new Promise<boolean>((done) => setTimeout(() => done(false), fontWaitMs));
  if (await Promise.race([loaded, late])) document.documentElement.dataset["font"] = "inter";
}

async function start(): Promise<void> {
  startPreferences();
  startRouter();
  if (route.get().name === "room" || route.get().name === "display") fetchLibrary();
  await Promise.all([startLanguage(), startFont()]);
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<App />);
  // Without a service worker (an address that is not secure) there is no offline page, and nothing else is missing.
  if (document.readyState === "complete") await startUpdates().catch(() => undefined);
  else addEventListener("load", () => void startUpdates().catch(() => undefined), { once: true });
}

void start();
