import { Store } from "./store";

/** A short message at the edge of the screen; also read out. */
export interface Notice {
  id: number;
  text: string;
  tone: "plain" | "bad";
}

/** Notices on screen at once; the oldest goes. */
const noticesMax = 3;
const shownForMs = 5_000;

export const notices = new Store<readonly Notice[]>([]);
let next = 1;

export function dismiss(id: number): void {
  notices.update((all) => all.filter((notice) => notice.id !== id));
}

export function notify(text: string, tone: Notice["tone"] = "plain"): void {
  const id = next++;
  notices.update((all) => [...all, { id, text, tone }].slice(-noticesMax));
  setTimeout(() => dismiss(id), shownForMs);
}
