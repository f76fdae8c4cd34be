import type {
  AdminLiveResponse,
  AdminMovesResponse,
  AdminRingResponse,
  AdminRoomsResponse,
  ChangeReport,
  OperatorCommand,
  ShardReport,
} from "../protocol.generated";
import { Store } from "../state/store";
import { type Request, request } from "./http";
import type { Result } from "./result";

// The operators' API. The token is typed in once and lives as long as the tab: in session storage, never in a cookie or a link.

const key = "quizmania.operator";

function stored(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined; // Storage is switched off: the token lasts as long as the page.
  }
}

export const operatorToken = new Store<string | undefined>(stored());

export function keepToken(token: string | undefined): void {
  operatorToken.set(token);
  try {
    if (token === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, token);
  } catch {
    // As above.
  }
}

/** One request as an operator. A token that is refused is forgotten. */
async function ask<T>(path: string, options: Request = {}, token = operatorToken.get()): Promise<Result<T>> {
  const answer = await request<T>(`/api/admin/${path}`, { ...options, token });
  if (!answer.ok && answer.fault.code === "unauthorized" && operatorToken.get() === token) keepToken(undefined);
  return answer;
}

/** - token: another one than the one that is kept: whether it opens. */
export const askLive = (token?: string): Promise<Result<AdminLiveResponse>> => ask("live", {}, token);
export const askRooms = (): Promise<Result<AdminRoomsResponse>> => ask("rooms");
export const askRing = (): Promise<Result<AdminRingResponse>> => ask("ring");
export const askMoves = (): Promise<Result<AdminMovesResponse>> => ask("moves?limit=60");
export const askShard = (shard: string): Promise<Result<ShardReport>> => ask(`shards/${encodeURIComponent(shard)}`);
export const change = (command: OperatorCommand): Promise<Result<ChangeReport>> =>
  ask("changes", { method: "POST", body: command });
