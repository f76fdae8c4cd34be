import type { HandshakeAuth, MePayload, RedirectPayload } from "../protocol.generated";
import { library, socketOptions } from "./library";
import type { Arrival } from "./overlap";
import type { Socket } from "./socket.io-client";

/** Milliseconds a move may take until the second connection is in the room. */
const limitMs = 4_000;
/** Events held meanwhile; a move during which there are more is given up. */
const heldMax = 1_000;

/**
 * The second connection of a move, from its first packet until it takes over or is given up.
 *
 * It shows the ticket with the offset of the last event that was drawn, so that the server sends everything behind it; and it holds all that it is sent. Ready when the
 * server has sent the seat. It does not reconnect: whatever goes wrong, the first connection is still there.
 */
export class Candidate {
  readonly socket: Socket;
  #held: Arrival[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /**
   * Nothing when the library cannot be had.
   *
   * - offset: read when the handshake is sent.
   * - later: who it is from its second connection on, when the ticket is of no use any more.
   */
  static async open(
    { url, resume }: RedirectPayload,
    offset: () => string | undefined,
    later: () => Promise<HandshakeAuth>,
  ): Promise<Candidate | undefined> {
    let used = false;
    const auth = (give: (auth: HandshakeAuth) => void): void => {
      if (used) return void later().then(give);
      used = true;
      give({ resume, offset: offset(), capabilities: ["redirect"] });
    };
    try {
      const { io } = await library();
      return new Candidate(io(url, { ...socketOptions, auth, reconnection: false, timeout: limitMs }));
    } catch {
      return undefined;
    }
  }

  /** Whether it got into the room in time. */
  ready(room: string): Promise<boolean> {
    return new Promise((done) => {
      const timer = setTimeout(() => done(false), limitMs);
      const end = (success: boolean): void => {
        clearTimeout(timer);
        done(success);
      };
      this.socket.on("connect_error", () => end(false));
      this.socket.on("disconnect", () => end(false));
      this.socket.onAny((name, payload, offset) => {
        this.#held.push({ name, payload, offset });
        if (this.#held.length > heldMax) end(false);
        if (name === "room:me") end((payload as MePayload).seat?.code === room);
      });
      this.socket.connect();
    });
  }

  /** It takes over: gives what it holds, and is a connection like any other from now on. */
  take(): readonly Arrival[] {
    this.socket.offAny().removeAllListeners();
    this.socket.io.reconnection(true);
    return this.#held;
  }

  close(): void {
    this.socket.offAny().removeAllListeners();
    this.socket.disconnect();
  }
}
