import { preferences } from "../../state/preferences";
import { useStore } from "../../state/useStore";
import { format, type Values } from "../format";
import { adminDe } from "./de";
import { adminEn, type AdminKey } from "./en";

export type AdminText = (key: AdminKey, values?: Values) => string;

const texts = {
  en: (key: AdminKey, values?: Values): string => format<AdminKey>(adminEn, "en", key, values),
  de: (key: AdminKey, values?: Values): string => format<AdminKey>(adminDe, "de", key, values),
} satisfies Record<string, AdminText>;

/** Texts of the operators' page, in the language in force. */
export const useAdminText = (): AdminText => texts[useStore(preferences, (value) => value.language)];

/** The time of a moment, with its date when that is another one than today's. */
export function momentText(ms: number, nowMs: number): string {
  const language = preferences.get().language;
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return new Intl.DateTimeFormat(
    language,
    isToday ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "short" },
  )
    .format(ms);
}

export type { AdminKey } from "./en";
