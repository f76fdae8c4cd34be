import type { en } from "./en";

export type Key = keyof typeof en;
/** A sentence, or one per plural form; the form is chosen by the value `n`. */
export type Entry = string | { readonly one: string; readonly other: string };
export type Catalogue = Readonly<Record<Key, Entry>>;
export type Values = Readonly<Record<string, string | number>>;

/** Puts values into `{name}` places. Numbers are written as the language writes them. */
export function format<K extends string>(
  catalogue: Readonly<Record<K, Entry>>,
  language: string,
  key: K,
  values: Values = {},
): string {
  const entry = catalogue[key];
  const text = typeof entry === "string" ? entry : pluralForm(entry, language, Number(values["n"] ?? 0));
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function pluralForm(entry: Exclude<Entry, string>, language: string, n: number): string {
  return new Intl.PluralRules(language).select(n) === "one" ? entry.one : entry.other;
}
