import { Store } from "../state/store";

interface Sample {
  offset: number;
  roundTripMs: number;
}

/** Samples kept; the one with the smallest round trip counts. */
const samplesMax = 8;
/** Milliseconds by which two clocks may drift apart between samples. */
const driftMs = 1;

/** Whether the room's clock must have stood still between two samples: each is wrong by half its round trip at most. */
const stoodStill = (before: Sample, after: Sample): boolean =>
  before.offset - before.roundTripMs / 2 > after.offset + after.roundTripMs / 2 + driftMs;

/**
 * The room's clock as seen from here: local monotonic time plus an offset. Wall clocks play no part.
 *
 * `offset` is a store, so that countdowns start again when the estimate changes.
 */
export class RoomClock {
  #samples: Sample[] = [];
  #now: () => number;
  readonly offset = new Store<{ value: number; frozenAt?: number }>({ value: 0 });

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Room time, milliseconds. */
  now = (): number => {
    const { value, frozenAt } = this.offset.get();
    return frozenAt ?? this.#now() + value;
  };

  /**
   * A `time:sync` exchange: sent and received in local time, the server's answer in room time.
   *
   * The room's clock stands still while the room moves to another node: samples from before say nothing afterwards.
   */
  sample(sentAt: number, receivedAt: number, roomTime: number): void {
    const sample = { offset: roomTime - (sentAt + receivedAt) / 2, roundTripMs: receivedAt - sentAt };
    const before = this.#samples.filter((older) => !stoodStill(older, sample));
    this.#samples = [...before, sample].slice(-samplesMax);
    const best = this.#samples.reduce((a, b) => (b.roundTripMs < a.roundTripMs ? b : a));
    const { value, frozenAt } = this.offset.get();
    if (frozenAt === undefined && best.offset !== value) this.offset.set({ value: best.offset });
  }

  /** A rough start from an event that says what time it is; real samples replace it. */
  restart(roomTime: number): void {
    this.#samples = [];
    this.offset.set({ value: roomTime - this.#now() });
  }

  /** The room's clock stands still until `restart`. */
  freeze(): void {
    if (this.offset.get().frozenAt === undefined) this.offset.patch({ frozenAt: this.now() });
  }
}
