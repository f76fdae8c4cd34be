import type { ClientEvents, ErrorPayload, HandshakeAuth, ServerEvents } from "../protocol.generated";
import { fault, faultFrom, type Result } from "./result";
import type { Socket, SocketOptions } from "./socket.io-client";

export interface LinkHandlers {
  connected(recovered: boolean): void;
  /** `ended`: the server said goodbye, which it does to kick; nothing reconnects. */
  disconnected(ended: boolean): void;
  /** `refused`: the server answered no, nothing reconnects; otherwise it could not be reached. */
  unreachable(refused: boolean): void;
}

/** Milliseconds to wait for an acknowledgement before it counts as lost. */
const ackTimeoutMs = 5_000;
/** Milliseconds after which the download of the client library is tried again. */
const downloadAgainMs = 2_000;

const options: Omit<SocketOptions, "auth"> = {
  autoConnect: false,
  // The library fails before anybody can listen where there is no WebSocket at all.
  transports: "WebSocket" in globalThis ? ["websocket", "polling"] : ["polling"],
  tryAllTransports: true,
  // Full jitter: after a node's death its players come back spread over time.
  reconnectionDelay: 300,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 1,
};

/** The official client is a download of its own, so that it does not hold up the first paint. */
const library = async (): Promise<typeof import("./socket.io-client")> => {
  // The file is CommonJS and carries no types: `socket.io-client.d.ts` describes what is used of it.
  const file: unknown = await import("../../.vendor/socket.io.min.js");
  return (file as typeof import("./socket.io-client")).default as typeof import("./socket.io-client");
};

/** Starts the download before anybody asks for a connection. */
export const fetchLibrary = (): void => void library().catch(() => undefined);

/** The typed socket: every event name with its payload, every command with its acknowledgement. */
export class Link {
  #socket: Socket | undefined;
  #closed = false;
  #auth: () => Promise<HandshakeAuth>;
  #handlers: LinkHandlers;
  #listeners: [string, (payload: never) => void][] = [];

  constructor(auth: () => Promise<HandshakeAuth>, handlers: LinkHandlers) {
    this.#auth = auth;
    this.#handlers = handlers;
  }

  open(): void {
    if (this.#socket) this.#socket.connect();
    else void this.#create();
  }

  async #create(): Promise<void> {
    let io: (typeof import("./socket.io-client"))["io"];
    try {
      ({ io } = await library());
    } catch {
      if (this.#closed) return;
      this.#handlers.unreachable(false);
      setTimeout(() => this.open(), downloadAgainMs);
      return;
    }
    if (this.#closed || this.#socket) return;
    const socket = io({ ...options, auth: (give) => void this.#auth().then(give) });
    this.#socket = socket;
    socket.on("connect", () => this.#handlers.connected(socket.recovered));
    socket.on("disconnect", (reason: string) => this.#handlers.disconnected(reason === "io server disconnect"));
    socket.on("connect_error", () => this.#handlers.unreachable(!socket.active));
    for (const [name, handler] of this.#listeners) socket.on(name, handler);
    socket.connect();
  }

  close(): void {
    this.#closed = true;
    this.#socket?.removeAllListeners();
    this.#socket?.disconnect();
  }

  /** To be called before `open`. The trailing offset argument of every event is the client library's business. */
  on<E extends keyof ServerEvents>(name: E, handler: (payload: ServerEvents[E]) => void): void {
    this.#listeners.push([name, (payload: ServerEvents[E]) => handler(payload)]);
  }

  /** Never rejects, and never queues: a command given while there is no connection is a fault `offline` at once. */
  async ask<E extends keyof ClientEvents>(
    name: E,
    command: ClientEvents[E]["command"],
  ): Promise<Result<ClientEvents[E]["ack"]>> {
    const socket = this.#socket;
    if (!socket?.connected) return fault("offline");
    try {
      const answer = await socket.timeout(ackTimeoutMs).emitWithAck(name, command);
      const { ok, error } = answer as { ok?: boolean; error?: ErrorPayload };
      if (ok === true) return { ok: true, value: answer as ClientEvents[E]["ack"] };
      return error ? faultFrom(error) : fault("broken");
    } catch {
      return fault(socket.connected ? "timeout" : "offline");
    }
  }
}
