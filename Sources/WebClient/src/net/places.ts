/** Milliseconds for which an address that did not work is left alone. */
const avoidMs = 60_000;
const key = "quizmania.avoid";

/** What of `sessionStorage` is needed. */
type Memory = Pick<Storage, "getItem" | "setItem">;

/**
 * Where a room's connection may be made: at home, which is where the page came from and always works, and directly at the node of the room, which may be
 * unreachable from here. What failed is left alone for a while, also by the next page.
 */
export class Places {
  readonly home: string;
  #direct: string | undefined;
  #memory: Memory | undefined;
  #now: () => number;

  constructor(home: string, memory: Memory | undefined, now: () => number = Date.now) {
    this.home = home;
    this.#memory = memory;
    this.#now = now;
  }

  mayTry(url: string): boolean {
    return !((this.#avoided()[url] ?? 0) > this.#now());
  }

  avoid(url: string): void {
    const known = Object.entries(this.#avoided()).filter(([, until]) => until > this.#now());
    try {
      this.#memory?.setItem(key, JSON.stringify(Object.fromEntries([...known, [url, this.#now() + avoidMs]])));
    } catch {
      // Storage is switched off, or full: the address may be tried once more.
    }
    if (this.#direct === url) this.#direct = undefined;
  }

  /** A connection was made there. */
  reached(url: string): void {
    if (url !== this.home) this.#direct = url;
  }

  /** Where attempt 1, 2, … to come back is made: at home, and in turns at the last other address that worked, since home may be the node that has died. */
  next(attempt: number): string {
    return attempt % 2 === 0 ? this.#direct ?? this.home : this.home;
  }

  #avoided(): Record<string, number> {
    try {
      return JSON.parse(this.#memory?.getItem(key) ?? "{}") as Record<string, number>;
    } catch {
      return {}; // Storage is switched off, or somebody else wrote there.
    }
  }
}
