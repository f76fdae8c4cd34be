import type { GuestSignInRequest, SessionResponse } from "../protocol.generated";
import { Store } from "../state/store";
import { request } from "./http";
import { fault, type Result } from "./result";

/** The signed-in guest. The refresh token is in a cookie that scripts cannot read. */
export interface Session {
  player: string;
  nickname: string;
  token: string;
  /** Wall clock, milliseconds. */
  expiresAtMs: number;
  csrf: string;
}

const key = "quizmania.session";
/** A token with less than this left is renewed before it is used. */
const marginMs = 60_000;

function stored(): Session | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as Session);
  } catch {
    return undefined; // Storage is switched off, or somebody else wrote there.
  }
}

export const session = new Store<Session | undefined>(stored());

function keep(value: Session | undefined): void {
  session.set(value);
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // Storage is switched off: the session lasts as long as the page.
  }
}

function from(answer: SessionResponse): Session {
  const { player, nickname, token, csrf, expiresInSeconds } = answer;
  return { player, nickname, token, csrf, expiresAtMs: Date.now() + expiresInSeconds * 1_000 };
}

/** Signs in as a guest. The same nickname as before keeps the session: it is the same player. */
export async function signIn(nickname: string): Promise<Result<Session>> {
  const current = session.get();
  if (current && current.nickname === nickname && (await freshToken()) !== undefined) {
    return { ok: true, value: session.get() ?? current };
  }
  const body: GuestSignInRequest = { nickname };
  const answer = await request<SessionResponse>("/api/session/guest", { method: "POST", body });
  if (!answer.ok) return answer;
  keep(from(answer.value));
  return { ok: true, value: from(answer.value) };
}

export async function signOut(): Promise<void> {
  const csrf = session.get()?.csrf;
  keep(undefined);
  await request("/api/session", { method: "DELETE", csrf });
}

const cookieCSRF = (): string | undefined =>
  document.cookie.split("; ").find((part) => part.startsWith("quizmania_csrf="))?.slice("quizmania_csrf=".length);

async function renew(): Promise<Result<Session>> {
  // Another tab may have renewed while this one waited for the lock; the refresh cookie works only once.
  const newest = stored() ?? session.get();
  if (newest && newest.expiresAtMs - Date.now() > marginMs && newest.token !== session.get()?.token) {
    session.set(newest);
    return { ok: true, value: newest };
  }
  const csrf = cookieCSRF() ?? newest?.csrf;
  const answer = await request<SessionResponse>("/api/session/refresh", { method: "POST", csrf, body: {} });
  if (answer.ok) {
    keep(from(answer.value));
    return { ok: true, value: from(answer.value) };
  }
  if (answer.fault.code === "unauthorized" || answer.fault.code === "forbidden") keep(undefined);
  return answer;
}

let renewing: Promise<Result<Session>> | undefined;

/** Renews the session once, however many ask at the same time, in all tabs. */
export function refresh(): Promise<Result<Session>> {
  const locked = (): Promise<Result<Session>> =>
    "locks" in navigator ? navigator.locks.request("quizmania.refresh", renew) : renew();
  renewing ??= locked().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/** A token that is valid for a while, or nothing when there is no session any more. */
export async function freshToken(): Promise<string | undefined> {
  const current = session.get();
  if (!current) return undefined;
  if (current.expiresAtMs - Date.now() > marginMs) return current.token;
  const answer = await refresh();
  if (answer.ok) return answer.value.token;
  // Unreachable: an expired token is still good for a running game.
  return session.get()?.token;
}

/** A request as the signed-in guest; a token the server no longer takes is renewed once. */
export async function asPlayer<T>(
  path: string,
  options: { method?: "GET" | "POST"; body?: unknown } = {},
): Promise<Result<T>> {
  const token = await freshToken();
  if (token === undefined) return fault("unauthorized");
  const answer = await request<T>(path, { ...options, token });
  if (answer.ok || answer.fault.code !== "unauthorized") return answer;
  const renewed = await refresh();
  return renewed.ok ? request<T>(path, { ...options, token: renewed.value.token }) : answer;
}
