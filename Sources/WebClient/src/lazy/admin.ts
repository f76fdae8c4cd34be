// The operators' page, in a download of its own.
import "../app/App"; // See index.ts.
export { AdminScreen } from "../screens/admin/AdminScreen";

/** Where the bundler put `styles/admin.css`. */
declare const ADMIN_STYLE: string;

/** Resolves when the page's own styles hold; without them it would be drawn twice. */
export function loadStyle(): Promise<void> {
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = ADMIN_STYLE;
    link.addEventListener("load", () => done());
    // A page without its styles is better than none.
    link.addEventListener("error", () => done());
    document.head.append(link);
  });
}
