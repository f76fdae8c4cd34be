import { reducedMotion } from "../state/preferences";

/** How long rows stand in the old order before they move, and how long they move, milliseconds. */
const holdMs = 650;
const moveMs = 750;

/**
 * Rows come from the places they had before (first, last, invert, play).
 *
 * The list is in its new order from the start; only transforms are animated, so nothing is laid out again and nothing
 * shifts. All places are read before anything is animated: fifty rows cost one layout. Rows whose journey does not
 * touch the visible part stay still.
 *
 * @param before for each row, its index in the old order.
 */
export function flip(list: HTMLElement, before: readonly number[]): void {
  if (reducedMotion()) return;
  const rows = [...list.children] as HTMLElement[];
  const places = rows.map((row) => row.offsetTop);
  const top = list.getBoundingClientRect().top;
  const visible = (place: number): boolean => top + place > -100 && top + place < innerHeight + 100;
  rows.forEach((row, index) => {
    const place = places[index];
    const old = places[before[index] ?? index];
    if (place === undefined || old === undefined || old === place || !(visible(old) || visible(place))) return;
    row.animate(
      [{ transform: `translateY(${old - place}px)`, zIndex: 1 }, { transform: "none", zIndex: 1 }],
      { duration: moveMs, delay: holdMs, fill: "backwards", easing: "cubic-bezier(.2,.9,.25,1.05)" },
    );
  });
}
