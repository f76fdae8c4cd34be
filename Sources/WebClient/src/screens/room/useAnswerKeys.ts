import { useLayoutEffect } from "react";

/** Keys 1 to 6 choose; they do nothing while somebody types, or while a dialog is open. */
export function useAnswerKeys(choices: number, choose: (index: number) => void): void {
  // Before the next frame: a key must never meet the handler of the picture before.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const target = event.target as Element | null;
      if (target?.closest("input, textarea, select, dialog[open]")) return;
      const index = "123456".indexOf(event.key);
      if (event.key.length === 1 && index >= 0 && index < choices) choose(index);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [choices, choose]);
}
