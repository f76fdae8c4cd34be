import type { ClientEvents, ErrorPayload, HandshakeAuth, RedirectPayload, ServerEvents } from "../protocol.generated";
import { Candidate } from "./candidate";
import { library, Line, socketOptions } from "./library";
import { isOld, seqOf, unseen } from "./overlap";
import { Places } from "./places";
import { fault, faultFrom, type Result } from "./result";

export interface LinkHandlers {
  connected(recovered: boolean): void;
  /** `ended`: the server said goodbye, which it does to kick; nothing reconnects. */
  disconnected(ended: boolean): void;
  /** `refused`: the server answered no, nothing reconnects; otherwise it could not be reached. */
  unreachable(refused: boolean): void;
  /** Another connection has taken over, to the node that the room has moved to. */
  moved(): void;
  /** Answers were lost with a connection that another one had replaced: what is open is to be sent again. */
  answersLost(): void;
}

/** Milliseconds after which the download of the client library is tried again. */
const downloadAgainMs = 2_000;
/** Milliseconds a first connection directly to a room's node may take; then it is made at home. */
const directMs = 1_500;
/** Milliseconds any other connection may take. */
const homeMs = 20_000;

function memory(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined; // Storage is switched off.
  }
}

/**
 * The typed connection to one room: every event name with its payload, every command with its acknowledgement.
 *
 * It may move to the node of the room (`cluster:redirect`): a second connection is made while the first one stays, takes over when it is in the room, and then the first is
 * closed, when its answers are in. Who listens here notices nothing; a move that fails changes nothing.
 */
export class Link {
  #line: Line | undefined;
  #candidate: Candidate | undefined;
  #moving = false;
  #closed = false;
  #auth: () => Promise<HandshakeAuth>;
  #handlers: LinkHandlers;
  #listeners = new Map<string, ((payload: never) => void)[]>();
  #places = new Places(location.origin, memory());
  /** Where the line is, or is being made. */
  #place = this.#places.home;
  /** Of the last event that was given on. */
  #offset: string | undefined;
  #seq = -1;

  constructor(auth: () => Promise<HandshakeAuth>, handlers: LinkHandlers) {
    this.#auth = async () => ({ ...(await auth()), capabilities: ["redirect"] });
    this.#handlers = handlers;
  }

  /** - direct: where the room's own node is; tried first, and not for long. */
  open(direct?: string): void {
    if (this.#line) this.#line.socket.connect();
    else void this.#create(direct);
  }

  async #create(direct?: string): Promise<void> {
    let io: (typeof import("./socket.io-client"))["io"];
    try {
      ({ io } = await library());
    } catch {
      if (this.#closed) return;
      this.#handlers.unreachable(false);
      setTimeout(() => this.open(direct), downloadAgainMs);
      return;
    }
    if (this.#closed || this.#line) return;
    const isDirect = direct !== undefined && direct !== this.#places.home && this.#places.mayTry(direct);
    const socket = io(isDirect ? direct : this.#places.home, {
      ...socketOptions,
      auth: (give) => void this.#auth().then(give),
      timeout: isDirect ? directMs : homeMs,
    });
    this.#use(new Line(socket));
    socket.connect();
  }

  /** Makes a line the one that everything goes over. */
  #use(line: Line): void {
    this.#line = line;
    const { socket } = line;
    this.#place = socket.io.uri;
    socket.on("connect", () => {
      this.#places.reached(this.#place);
      this.#handlers.connected(socket.recovered);
    });
    socket.on("disconnect", (reason: string) => this.#handlers.disconnected(reason === "io server disconnect"));
    socket.on("connect_error", () => {
      if (this.#place !== this.#places.home && socket.active) this.#places.avoid(this.#place);
      this.#handlers.unreachable(!socket.active);
    });
    socket.io.on("reconnect_attempt", (attempt) => {
      this.#place = this.#places.next(attempt);
      socket.io.uri = this.#place;
      socket.io.timeout(homeMs);
    });
    socket.onAny((name, payload, offset) => this.#deliver(name, payload, offset));
  }

  #deliver(name: string, payload: unknown, offset: unknown): void {
    if (isOld({ name, payload, offset }, this.#seq)) return;
    if (typeof offset === "string") this.#offset = offset;
    this.#seq = seqOf(payload) ?? this.#seq;
    for (const listener of this.#listeners.get(name) ?? []) listener(payload as never);
  }

  /** Follows a redirect, unless its address has failed before. */
  async move(way: RedirectPayload): Promise<void> {
    if (this.#moving || this.#closed || !this.#line || way.url === this.#place || !this.#places.mayTry(way.url)) return;
    this.#moving = true;
    const candidate = await Candidate.open(way, () => this.#offset, this.#auth);
    if (!this.#closed && candidate) {
      this.#candidate = candidate;
      const isReady = await candidate.ready(way.room);
      this.#candidate = undefined;
      if (isReady && !this.#closed) {
        this.#places.reached(way.url);
        this.#takeOver(candidate);
      } else {
        candidate.close();
        this.#places.avoid(way.url);
      }
    }
    this.#moving = false;
  }

  #takeOver(candidate: Candidate): void {
    const before = this.#line;
    const wasUp = before?.socket.connected === true;
    before?.retire(() => this.#handlers.answersLost());
    const held = candidate.take();
    this.#use(new Line(candidate.socket));
    // The first one had broken meanwhile: then this is the connection everybody waits for.
    if (wasUp) this.#handlers.moved();
    else this.#handlers.connected(true);
    for (const { name, payload, offset } of unseen(held, this.#seq)) this.#deliver(name, payload, offset);
  }

  close(): void {
    this.#closed = true;
    this.#candidate?.close();
    this.#line?.close();
  }

  /** To be called before `open`. The trailing offset argument of every event is not the listener's business. */
  on<E extends keyof ServerEvents>(name: E, handler: (payload: ServerEvents[E]) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), handler]);
  }

  /** Never rejects, and never queues: a command given while there is no connection is a fault `offline` at once. */
  async ask<E extends keyof ClientEvents>(
    name: E,
    command: ClientEvents[E]["command"],
  ): Promise<Result<ClientEvents[E]["ack"]>> {
    const line = this.#line;
    if (!line?.socket.connected) return fault("offline");
    try {
      const answer = await line.ask(name, command);
      const { ok, error } = answer as { ok?: boolean; error?: ErrorPayload };
      if (ok === true) return { ok: true, value: answer as ClientEvents[E]["ack"] };
      return error ? faultFrom(error) : fault("broken");
    } catch {
      return fault(line.socket.connected ? "timeout" : "offline");
    }
  }
}
