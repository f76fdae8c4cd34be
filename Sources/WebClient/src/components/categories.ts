import { listCategories } from "../net/api";
import { Store } from "../state/store";
import { useStore } from "../state/useStore";

const names = new Store<ReadonlyMap<string, string>>(new Map());
let asked = false;

/** Fetched once; a name that is not known is made from its id, `video-games` → `Video games`. */
export function categoryNameOf(known: ReadonlyMap<string, string>, id: string): string {
  const words = id.replace(/[-_.:]+/g, " ");
  return known.get(id) ?? words.charAt(0).toUpperCase() + words.slice(1);
}

export function loadCategories(): void {
  if (asked) return;
  asked = true;
  void listCategories().then((answer) => {
    if (answer.ok) names.set(new Map(answer.value.categories.map(({ id, name }) => [id, name])));
    else asked = false;
  });
}

export const useCategoryName = (id: string): string => useStore(names, (known) => categoryNameOf(known, id));
