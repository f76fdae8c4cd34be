import type { MePayload } from "../protocol.generated";
import type { Fault } from "../net/result";
import type { OwnAnswer } from "./answer";
import type { ChatLine } from "./chat";
import type { RoomView } from "./room";
import { Store } from "./store";

/** How the socket stands. `refused`: the server does not let this session in, so trying again alone will not help. */
export type LinkStatus = "idle" | "connecting" | "online" | "reconnecting" | "offline" | "refused";

/**
 * Whether this client is in the room it wants.
 * Can transition to: out → joining → in → out | kicked | closed; joining → failed → joining.
 */
export type Membership = "out" | "joining" | "in" | "failed" | "kicked" | "closed";

export interface AppState {
  link: LinkStatus;
  /** Round trip, milliseconds. */
  latencyMs?: number;
  membership: Membership;
  fault?: Fault;
  room?: RoomView;
  me?: MePayload;
  answer?: OwnAnswer;
  chat: readonly ChatLine[];
  /** There may be lines before the first of `chat`. */
  earlierChat: boolean;
}

export const initialState: AppState = { link: "idle", membership: "out", chat: [], earlierChat: false };

export const app = new Store<AppState>(initialState);
