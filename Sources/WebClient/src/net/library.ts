import type { Socket, SocketOptions } from "./socket.io-client";

type Library = typeof import("./socket.io-client");

/** The official client is a download of its own, so that it does not hold up the first paint. */
export const library = async (): Promise<Library> => {
  // The file is CommonJS and carries no types: `socket.io-client.d.ts` describes what is used of it.
  const file: unknown = await import("../../.vendor/socket.io.min.js");
  return (file as Library).default as Library;
};

/** Starts the download before anybody asks for a connection. */
export const fetchLibrary = (): void => void library().catch(() => undefined);

export const socketOptions: Omit<SocketOptions, "auth"> = {
  autoConnect: false,
  forceNew: true,
  // The library fails before anybody can listen where there is no WebSocket at all.
  transports: "WebSocket" in globalThis ? ["websocket", "polling"] : ["polling"],
  tryAllTransports: true,
  // Full jitter: after a node's death its players come back spread over time.
  reconnectionDelay: 300,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 1,
};

/** Milliseconds to wait for an acknowledgement before it counts as lost. */
const ackTimeoutMs = 5_000;

/** A socket, and the commands that wait for its answers. */
export class Line {
  readonly socket: Socket;
  #waiting = 0;
  #retired = false;
  #lost: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Rejects when no answer comes in time, or the connection goes first. */
  async ask(name: string, command: unknown): Promise<unknown> {
    this.#waiting += 1;
    try {
      return await this.socket.timeout(ackTimeoutMs).emitWithAck(name, command);
    } catch (reason) {
      if (this.#retired) setTimeout(this.#lost, 0);
      throw reason;
    } finally {
      this.#waiting -= 1;
      this.#closeWhenDone();
    }
  }

  /** Another line has taken over: this one is closed when its answers are in, which takes no longer than their time-out. */
  retire(lost: () => void): void {
    this.#retired = true;
    this.#lost = lost;
    this.socket.io.reconnection(false);
    this.socket.offAny().removeAllListeners();
    this.#closeWhenDone();
  }

  close(): void {
    this.socket.offAny().removeAllListeners();
    this.socket.disconnect();
  }

  #closeWhenDone(): void {
    if (this.#retired && this.#waiting === 0) this.socket.disconnect();
  }
}
