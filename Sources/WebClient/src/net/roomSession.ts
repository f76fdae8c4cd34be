import type { ClientEvents, MemberRole, MePayload, RoomStatePayload } from "../protocol.generated";
import { app, initialState } from "../state/app";
import { answerFromSeat } from "../state/answer";
import { chatLinesOnJoin, lineKey, withLine, withRecent } from "../state/chat";
import { fold, type RoomEventName, roomEventNames, roomFromState } from "../state/room";
import { Answers } from "./answers";
import { lookUpRoom } from "./api";
import { Chatter } from "./chatter";
import { RoomClock } from "./clock";
import { type Identity, ownIdentity } from "./identity";
import { fetchLibrary } from "./library";
import { Link } from "./link";
import { type Fault, fault, type Result } from "./result";
import { Timekeeper } from "./timekeeper";

export interface Wanted {
  code: string;
  password?: string;
  role?: MemberRole;
  /** Where the room's own node is, if that is known already. */
  url?: string;
}

/** Milliseconds the question where a room is may take; without an answer any node will do. */
const whereaboutsMs = 700;

async function whereabouts({ code, url }: Wanted): Promise<string | undefined> {
  if (url !== undefined) return url;
  const answer = lookUpRoom(code).then((room) => (room.ok ? room.value.url : undefined));
  return await Promise.race([
    answer,
    new Promise<undefined>((late) => setTimeout(() => late(undefined), whereaboutsMs)),
  ]);
}

/** Handshakes the server may refuse before this client gives up. */
const refusalsMax = 3;

/**
 * The connection to one room, and the only writer of the `app` store.
 *
 * Normal path: ask where the room is, connect there, `room:me` says there is no seat, `room:join`, `room:state`, `room:me`, acknowledged. After a
 * drop the socket reconnects by itself. Recovered: the missed events were replayed. Not recovered: the server sends
 * `room:state` when the seat is still there, and `room:me` either way; without a seat this client joins again. Either
 * way what was not acknowledged is sent again.
 */
export class RoomSession {
  readonly clock = new RoomClock();
  readonly answers = new Answers(() => this.#link);
  readonly chat = new Chatter(() => this.#link);
  #timekeeper = new Timekeeper(this.clock, () => this.#link);
  #link: Link | undefined;
  #wanted: Wanted | undefined;
  #identity: Identity = ownIdentity;
  /** Since this connection began. */
  #stateSeen = false;
  #joining = false;
  #refusals = 0;

  /** Opens the room; asking again for the room this client is in, or is joining, changes nothing. */
  join(wanted: Wanted, identity: Identity = ownIdentity): void {
    const { membership } = app.get();
    const busy = membership === "in" || membership === "joining";
    if (busy && this.#wanted?.code === wanted.code && this.#identity === identity) return;
    this.close();
    this.#wanted = wanted;
    this.#identity = identity;
    this.#refusals = 0;
    app.set({ ...initialState, link: "connecting", membership: "joining" });
    const link = new Link(() => this.#identity.auth(), {
      connected: (recovered) => this.#connected(recovered),
      disconnected: (ended) => this.#disconnected(ended),
      unreachable: (refused) => void this.#unreachable(refused),
      moved: () => this.#timekeeper.start(),
      answersLost: () => this.#sendAgain(),
    });
    this.#link = link;
    this.#listen(link);
    fetchLibrary();
    void whereabouts(wanted).then((url) => {
      if (this.#link === link) link.open(url);
    });
  }

  async leave(): Promise<void> {
    await this.#link?.ask("room:leave", {});
    this.close();
  }

  /** Gives up the seat in whatever other room this player sits, then joins the wanted one. */
  async leaveOtherAndJoin(): Promise<void> {
    await this.#link?.ask("room:leave", {});
    await this.#join();
  }

  close(): void {
    this.#timekeeper.stop();
    this.#link?.close();
    this.#link = undefined;
    this.#wanted = undefined;
    app.set(initialState);
  }

  async ask<E extends keyof ClientEvents>(
    name: E,
    command: ClientEvents[E]["command"],
  ): Promise<Result<ClientEvents[E]["ack"]>> {
    return this.#link ? await this.#link.ask(name, command) : fault("offline");
  }

  #listen(link: Link): void {
    for (const name of roomEventNames) this.#fold(link, name);
    link.on("room:state", (state) => this.#state(state));
    link.on("room:me", (me) => this.#me(me));
    link.on("chat:message", (message) => {
      app.update((state) => ({ ...state, chat: withLine(state.chat, { ...message, status: "sent" }) }));
    });
    link.on("chat:recent", ({ messages }) => {
      app.update((state) => {
        const chat = withRecent(state.chat, messages);
        // Older lines that are here already were asked for: then it is known whether there are others before them.
        const isStart = lineKey(chat[0]) === lineKey(messages[0]);
        return { ...state, chat, earlierChat: isStart ? messages.length >= chatLinesOnJoin : state.earlierChat };
      });
    });
    link.on("room:saving", ({ saving, at }) => {
      if (saving) return this.clock.freeze();
      this.clock.restart(at);
      this.#timekeeper.start();
    });
    link.on("game:lobby", () => this.answers.forget());
    link.on("cluster:redirect", (way) => void link.move(way));
    link.on("room:left", ({ player, reason }) => {
      if (player === app.get().me?.player && reason === "kicked") this.#end("kicked");
    });
    link.on("room:closed", () => this.#end("closed"));
  }

  #fold<E extends RoomEventName>(link: Link, name: E): void {
    link.on(name, (event) => {
      const { room } = app.get();
      if (room) app.patch({ room: fold(room, name, event, (note) => console.warn(note)) });
    });
  }

  #state(state: RoomStatePayload): void {
    this.#stateSeen = true;
    this.clock.restart(state.at);
    this.#timekeeper.start();
    app.patch({ room: roomFromState(state) });
    if (state.phase === "lobby") this.answers.forget();
  }

  #me(me: MePayload): void {
    this.#identity.adopt(me);
    const { room, answer } = app.get();
    app.patch({ me, answer: answerFromSeat(me.seat, room?.game?.id, answer) });
    if (me.seat?.code === this.#wanted?.code && this.#stateSeen) this.#seated();
    else if (app.get().membership !== "failed") void this.#join();
  }

  async #join(): Promise<void> {
    const wanted = this.#wanted;
    const link = this.#link;
    if (!wanted || !link || this.#joining) return;
    this.#joining = true;
    app.patch({ membership: "joining", fault: undefined });
    const { code, password, role } = wanted;
    const answer = await link.ask("room:join", { code, password, role });
    this.#joining = false;
    if (this.#link !== link) return;
    if (answer.ok) {
      this.#seated();
      if (answer.value.redirect) void link.move(answer.value.redirect);
      return;
    }
    if (answer.fault.code === "offline") return; // The next `room:me` tries again.
    if (answer.fault.retry !== false || answer.fault.code === "timeout") {
      setTimeout(() => void this.#join(), answer.fault.retry || 1_000);
    } else {
      this.#fail(answer.fault);
    }
  }

  #seated(): void {
    if (app.get().membership !== "in") app.patch({ membership: "in", fault: undefined });
    this.#sendAgain();
  }

  #sendAgain(): void {
    this.answers.resume();
    this.chat.resume();
  }

  #connected(recovered: boolean): void {
    this.#refusals = 0;
    this.#joining = false;
    this.#stateSeen = recovered;
    app.patch({ link: "online" });
    this.#timekeeper.start();
    if (recovered) this.#seated();
  }

  #disconnected(ended: boolean): void {
    this.#timekeeper.stop();
    if (ended) return this.#end(app.get().membership === "closed" ? "closed" : "kicked");
    app.patch({ link: navigator.onLine ? "reconnecting" : "offline", latencyMs: undefined });
  }

  async #unreachable(refused: boolean): Promise<void> {
    if (!refused) {
      const before = app.get().link;
      const link = !navigator.onLine ? "offline" : before === "connecting" ? "connecting" : "reconnecting";
      return app.patch({ link });
    }
    this.#refusals += 1;
    const link = this.#link;
    const hope = this.#refusals < refusalsMax && (await this.#identity.renew());
    if (this.#link !== link) return;
    if (hope) return link?.open();
    app.patch({ link: "refused" });
    this.#fail(fault("unauthorized").fault);
  }

  #fail(reason: Fault): void {
    app.patch({ membership: "failed", fault: reason });
  }

  /** Kicked, or the room is gone: what is on screen stays, nothing reconnects. */
  #end(membership: "kicked" | "closed"): void {
    this.#timekeeper.stop();
    this.#link?.close();
    app.patch({ membership, link: "idle" });
  }
}

export const play = new RoomSession();
