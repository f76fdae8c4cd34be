// The part of socket.io-client 4.8.1 this client uses.

export interface Socket {
  readonly connected: boolean;
  /** False when the server refused the connection: then nothing reconnects by itself. */
  readonly active: boolean;
  readonly recovered: boolean;
  on(event: string, handler: (...values: never[]) => void): this;
  timeout(milliseconds: number): { emitWithAck(event: string, value: unknown): Promise<unknown> };
  connect(): this;
  disconnect(): this;
  removeAllListeners(): this;
}

export interface SocketOptions {
  auth: (give: (auth: object) => void) => void;
  autoConnect: boolean;
  transports: readonly string[];
  tryAllTransports: boolean;
  reconnectionDelay: number;
  reconnectionDelayMax: number;
  randomizationFactor: number;
}

export function io(options: SocketOptions): Socket;

declare const library: { io: typeof io };
export default library;
