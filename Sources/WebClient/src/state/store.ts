/** A value with listeners. `update` replaces the whole value; nothing is mutated in place. */
export class Store<S> {
  #value: S;
  #listeners = new Set<() => void>();

  constructor(value: S) {
    this.#value = value;
  }

  get = (): S => this.#value;

  set(value: S): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    // A listener that goes while the others are told is skipped by the set itself.
    for (const listener of this.#listeners) listener();
  }

  patch(part: Partial<S>): void {
    this.set({ ...this.#value, ...part });
  }

  update(change: (value: S) => S): void {
    this.set(change(this.#value));
  }

  subscribe = (listener: () => void): () => void => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}
