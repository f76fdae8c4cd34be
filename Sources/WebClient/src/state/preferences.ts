import { Store } from "./store";

export type Theme = "system" | "dark" | "light";
export type Motion = "system" | "reduce";
export type TextSize = "normal" | "large" | "huge";
export type Language = "en" | "de";

export interface Preferences {
  theme: Theme;
  motion: Motion;
  text: TextSize;
  sound: boolean;
  language: Language;
}

const key = "quizmania.preferences";
const languages: readonly Language[] = ["en", "de"];

export const languageOfBrowser = (): Language =>
  languages.find((language) => navigator.language.toLowerCase().startsWith(language)) ?? "en";

function load(): Preferences {
  const defaults: Preferences = {
    theme: "system",
    motion: "system",
    text: "normal",
    sound: false,
    language: languageOfBrowser(),
  };
  try {
    return { ...defaults, ...JSON.parse(localStorage.getItem(key) ?? "{}") };
  } catch {
    return defaults; // Storage is switched off, or holds what an older version wrote.
  }
}

export const preferences = new Store<Preferences>(load());

/** Whether things may move; asked anew each time because the system's setting can change. */
export const reducedMotion = (): boolean =>
  preferences.get().motion === "reduce" || matchMedia("(prefers-reduced-motion: reduce)").matches;

function apply(): void {
  const { theme, motion, text, language } = preferences.get();
  const root = document.documentElement;
  root.lang = language;
  root.dataset["theme"] = theme;
  root.dataset["motion"] = motion;
  root.dataset["text"] = text;
}

export function startPreferences(): void {
  apply();
  preferences.subscribe(() => {
    apply();
    try {
      localStorage.setItem(key, JSON.stringify(preferences.get()));
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
  });
}
