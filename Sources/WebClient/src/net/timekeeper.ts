import { app } from "../state/app";
import type { RoomClock } from "./clock";
import type { Link } from "./link";

/** Exchanges at once after an attach, and milliseconds between them. */
const burst = 5;
const burstEveryMs = 150;
/** Milliseconds between exchanges afterwards. */
const calmEveryMs = 10_000;

/** Keeps the room's clock: several `time:sync` at once, then one now and then. */
export class Timekeeper {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #clock: RoomClock;
  #link: () => Link | undefined;

  constructor(clock: RoomClock, link: () => Link | undefined) {
    this.#clock = clock;
    this.#link = link;
  }

  start(): void {
    this.stop();
    let done = 0;
    const step = async (): Promise<void> => {
      await this.#exchange();
      done += 1;
      this.#timer = setTimeout(() => void step(), done < burst ? burstEveryMs : calmEveryMs);
    };
    this.#timer = setTimeout(() => void step(), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #exchange(): Promise<void> {
    const sentAt = performance.now();
    const answer = await this.#link()?.ask("time:sync", { t0: sentAt });
    if (!answer?.ok) return;
    const receivedAt = performance.now();
    this.#clock.sample(sentAt, receivedAt, answer.value.t1);
    app.patch({ latencyMs: Math.round(receivedAt - sentAt) });
  }
}
