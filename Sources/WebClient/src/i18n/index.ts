import { type Language, preferences } from "../state/preferences";
import { Store } from "../state/store";
import { useStore } from "../state/useStore";
import { en } from "./en";
import { type Catalogue, format, type Key, type Values } from "./format";

/** English is part of the first load; other languages come when they are wanted. */
const catalogue = new Store<Catalogue>(en);

async function load(language: Language): Promise<void> {
  catalogue.set(language === "de" ? (await import("./de")).de : en);
}

/** Resolves when the first language is there; a failed download leaves English. */
export async function startLanguage(): Promise<void> {
  let language = preferences.get().language;
  preferences.subscribe(() => {
    if (preferences.get().language === language) return;
    language = preferences.get().language;
    void load(language).catch(() => undefined);
  });
  if (language !== "en") await load(language).catch(() => undefined);
}

/** Text by key, outside of components. */
export const translate = (key: Key, values?: Values): string =>
  format(catalogue.get(), preferences.get().language, key, values);

export type Translate = (key: Key, values?: Values) => string;

/** Text by key; the component draws itself anew when the language changes. */
export function useText(): Translate {
  useStore(catalogue, (value) => value);
  return translate;
}

export const numberText = (value: number): string => new Intl.NumberFormat(preferences.get().language).format(value);

export const dateText = (ms: number): string =>
  new Intl.DateTimeFormat(preferences.get().language, { dateStyle: "medium", timeStyle: "short" }).format(ms);

export type { Key } from "./format";
