import type { HandshakeAuth, MePayload, SessionResponse } from "../protocol.generated";
import { request } from "./http";
import { freshToken, refresh as refreshSession } from "./session";

/** Who the socket signs in as. */
export interface Identity {
  auth(): Promise<HandshakeAuth>;
  /** What the server said about the guest it made for this connection. */
  adopt(me: MePayload): void;
  /** After a refusal: true when it is worth trying again. */
  renew(): Promise<boolean>;
}

/** The guest who plays. */
export const ownIdentity: Identity = {
  async auth() {
    const token = await freshToken();
    return token === undefined ? {} : { token };
  },
  adopt() {},
  async renew() {
    return (await refreshSession()).ok;
  },
};

const key = "quizmania.display";

interface DisplayTokens {
  token?: string;
  refresh?: string;
}

function read(): DisplayTokens {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "{}");
  } catch {
    return {}; // Storage is switched off: a reload makes another guest.
  }
}

function write(value: DisplayTokens): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // See above.
  }
}

/**
 * A guest of its own for a display, so that a projector in a second tab does not take its host's seat. It never touches
 * the refresh cookie, which belongs to the player: its tokens come in `room:me` and last as long as the tab.
 */
export function displayIdentity(nickname: string): Identity {
  return {
    async auth() {
      const { token } = read();
      return token === undefined ? { nickname } : { token };
    },
    adopt({ token, refresh }) {
      if (token !== undefined) write({ token, refresh });
    },
    async renew() {
      const { refresh } = read();
      if (refresh !== undefined) {
        const answer = await request<SessionResponse>("/api/session/refresh", { method: "POST", body: { refresh } });
        if (answer.ok) {
          write({ token: answer.value.token, refresh });
          return true;
        }
      }
      write({});
      return true;
    },
  };
}
