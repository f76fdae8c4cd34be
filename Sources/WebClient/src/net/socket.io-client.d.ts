// The part of socket.io-client 4.8.1 this client uses.

/** One connection to a server, and what makes it anew when it breaks. */
export interface Manager {
  /** Where the next connection is made. The library sets it once; the file's checksum is pinned, and tests move it. */
  uri: string;
  reconnection(value: boolean): this;
  /** Milliseconds a connection may take to come about. */
  timeout(milliseconds: number): this;
  on(event: "reconnect_attempt", handler: (attempt: number) => void): this;
}

export interface Socket {
  readonly connected: boolean;
  /** False when the server refused the connection: then nothing reconnects by itself. */
  readonly active: boolean;
  readonly recovered: boolean;
  readonly io: Manager;
  on(event: string, handler: (...values: never[]) => void): this;
  /** Every event of the server, before the handlers of its name. */
  onAny(handler: (name: string, ...values: unknown[]) => void): this;
  offAny(): this;
  timeout(milliseconds: number): { emitWithAck(event: string, value: unknown): Promise<unknown> };
  connect(): this;
  disconnect(): this;
  removeAllListeners(): this;
}

export interface SocketOptions {
  auth: (give: (auth: object) => void) => void;
  autoConnect: boolean;
  /** A manager of its own for each socket. */
  forceNew: boolean;
  reconnection?: boolean;
  timeout?: number;
  transports: readonly string[];
  tryAllTransports: boolean;
  reconnectionDelay: number;
  reconnectionDelayMax: number;
  randomizationFactor: number;
}

export function io(url: string, options: SocketOptions): Socket;

declare const library: { io: typeof io };
export default library;
