import { Store } from "../state/store";

export type Route =
  | { name: "home" }
  | { name: "room"; code: string }
  | { name: "display"; code: string }
  | { name: "history" }
  | { name: "game"; game: string }
  | { name: "settings" }
  | { name: "licences" }
  | { name: "admin" }
  | { name: "missing" };

/** Every screen has its own path; a room's code may be typed in lower case. */
export function parse(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second, third] = parts;
  if (first === undefined) return { name: "home" };
  if (first === "r" && second !== undefined) {
    const code = second.toUpperCase();
    if (third === "display" && parts.length === 3) return { name: "display", code };
    if (parts.length === 2) return { name: "room", code };
  }
  if (first === "games" && second !== undefined && parts.length === 2) return { name: "game", game: second };
  if (
    parts.length === 1 && (first === "history" || first === "settings" || first === "licences" || first === "admin")
  ) {
    return { name: first };
  }
  return { name: "missing" };
}

export const paths = {
  home: "/",
  room: (code: string) => `/r/${code}`,
  display: (code: string) => `/r/${code}/display`,
  history: "/history",
  game: (game: string) => `/games/${game}`,
  settings: "/settings",
  licences: "/licences",
} as const;

export const route = new Store<Route>({ name: "home" });

export function navigate(path: string, how: "push" | "replace" = "push"): void {
  if (path !== location.pathname) {
    if (how === "push") history.pushState(null, "", path);
    else history.replaceState(null, "", path);
  }
  route.set(parse(path));
  scrollTo(0, 0);
}

export function startRouter(): void {
  route.set(parse(location.pathname));
  addEventListener("popstate", () => route.set(parse(location.pathname)));
}
