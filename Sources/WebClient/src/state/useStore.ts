import { useSyncExternalStore } from "react";
import type { Store } from "./store";

/** What `select` picks from a store. It must give the same object for the same state, or the component never rests. */
export function useStore<S, T>(store: Store<S>, select: (state: S) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
