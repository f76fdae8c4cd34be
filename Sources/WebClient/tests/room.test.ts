import { fold, roomEventNames, roomFromState, type RoomView } from "../src/state/room";
import { equal, truthy } from "./assert";
import { member, question, reveal, state } from "./fixtures";

const lobby = (): RoomView => roomFromState(state());
const started = (): RoomView =>
  fold(lobby(), "game:countdown", { seq: 11, game: "g1", of: 3, at: 1_000, until: 4_000 });
const asking = (): RoomView => fold(started(), "game:question", question());

Deno.test("a state becomes a view with its game", () => {
  const room = roomFromState(state({ game: { game: "g1", index: -1, of: 3 }, phase: "countdown" }));
  equal(room.game, { id: "g1", index: -1, of: 3 });
  equal(room.saving, false);
});

Deno.test("an event the room already contains is ignored", () => {
  const room = fold(lobby(), "room:member", { seq: 10, member: member("eve") });
  equal(room.members.length, 2);
  equal(room.seq, 10);
});

Deno.test("a replay of events gives the same view as the events once", () => {
  const once = fold(asking(), "game:reveal", reveal());
  let twice = once;
  twice = fold(twice, "game:countdown", { seq: 11, game: "g1", of: 3, at: 1_000, until: 4_000 });
  twice = fold(twice, "game:question", question());
  twice = fold(twice, "game:reveal", reveal());
  equal(twice, once);
});

Deno.test("a gap is folded in and noted", () => {
  const notes: string[] = [];
  const room = fold(lobby(), "room:member", { seq: 13, member: member("eve") }, (note) => notes.push(note));
  equal(room.seq, 13);
  equal(room.members.length, 3);
  equal(notes, ["room:member: seq 13 came after 10."]);
});

Deno.test("a member that joins comes last, one that changes keeps the place", () => {
  let room = fold(lobby(), "room:member", { seq: 11, member: member("eve") });
  room = fold(room, "room:member", { seq: 12, member: member("bob", { ready: true }) });
  equal(room.members.map((one) => [one.player, one.ready]), [["ada", false], ["bob", true], ["eve", false]]);
});

Deno.test("who leaves is neither member nor present", () => {
  const room = fold(lobby(), "room:left", { seq: 11, player: "bob", reason: "kicked" });
  equal(room.members.map((one) => one.player), ["ada"]);
  equal(room.present, ["ada"]);
});

Deno.test("a new host is marked among the members", () => {
  const room = fold(lobby(), "room:changed", { seq: 11, settings: state().settings, locked: true, host: "bob" });
  equal(room.members.map((one) => one.host), [false, true]);
  equal([room.locked, room.host], [true, "bob"]);
});

Deno.test("a countdown begins a game with everybody at 0 points", () => {
  const before = roomFromState(state({ members: [member("ada", { score: 700 })] }));
  const room = fold(before, "game:countdown", { seq: 11, game: "g2", of: 5, at: 0, until: 3_000 });
  equal(room.phase, "countdown");
  equal(room.members[0]?.score, 0);
  equal(room.game, { id: "g2", index: -1, of: 5, until: 3_000 });
});

Deno.test("a question takes away the reveal and keeps the standing of its own game", () => {
  let room = fold(asking(), "game:reveal", reveal());
  const entries = [{
    player: "bob",
    nickname: "BOB",
    rank: 1,
    score: 900,
    accuracyPoints: 600,
    speedPoints: 300,
    streak: 1,
    right: 1,
  }];
  room = fold(room, "game:leaderboard", { seq: 15, index: 0, entries, at: 31_000, until: 35_000 });
  room = fold(room, "game:question", question({ seq: 16, index: 1 }));
  equal(room.game?.reveal, undefined);
  equal(room.game?.leaderboard?.entries.length, 1);
  room = fold(room, "game:question", question({ seq: 17, game: "other" }));
  equal(room.game?.leaderboard, undefined);
});

Deno.test("progress counts only for the question that is open", () => {
  const room = fold(asking(), "game:progress", { index: 0, answered: 1, of: 2 });
  equal(room.game?.progress?.answered, 1);
  equal(room.seq, 12);
  equal(fold(room, "game:progress", { index: 7, answered: 2, of: 2 }).game?.progress?.answered, 1);
});

Deno.test("a reveal brings the scores", () => {
  const room = fold(asking(), "game:reveal", reveal());
  equal(room.phase, "reveal");
  equal(room.members.map((one) => one.score), [0, 900]);
  equal(room.game?.until, 31_000);
});

Deno.test("a pause is added to the open question's window", () => {
  let room = fold(asking(), "game:paused", { seq: 13, reason: "host", at: 10_000 });
  equal(room.paused, "host");
  room = fold(room, "game:resumed", { seq: 14, at: 40_000, until: 55_000 });
  equal(room.paused, undefined);
  equal([room.game?.question?.opensAt, room.game?.question?.closesAt, room.game?.until], [35_000, 55_000, 55_000]);
});

Deno.test("a pause in a reveal moves only the end of the phase", () => {
  let room = fold(asking(), "game:reveal", reveal());
  room = fold(room, "game:paused", { seq: 15, reason: "host", at: 27_000 });
  room = fold(room, "game:resumed", { seq: 16, at: 37_000, until: 41_000 });
  equal([room.game?.until, room.game?.question?.closesAt], [41_000, 25_000]);
});

Deno.test("saving and presence carry no seq and change nothing else", () => {
  const room = fold(fold(lobby(), "room:saving", { saving: true, at: 5 }), "presence:update", { present: ["ada"] });
  equal([room.saving, room.present, room.seq], [true, ["ada"], 10]);
});

Deno.test("a rematch leads back to the lobby, a closed room stays closed", () => {
  const over = fold(asking(), "game:over", { seq: 13, game: "g1", entries: [], at: 0 });
  equal(over.phase, "podium");
  equal(fold(over, "game:lobby", { seq: 14, at: 0 }).phase, "lobby");
  const closed = fold(over, "room:closed", { seq: 14, reason: "host" });
  equal([closed.phase, closed.closed], ["closed", "host"]);
});

Deno.test("a signature belongs to its own game", () => {
  const signed = { game: "other", inputs: 1, chain: "", signature: "", key: "" };
  equal(fold(asking(), "game:signed", signed).game?.signed, undefined);
  truthy(fold(asking(), "game:signed", { ...signed, game: "g1" }).game?.signed, "the signature is kept");
});

Deno.test("no event changes the view it is folded into", () => {
  const room = asking();
  const before = JSON.stringify(room);
  fold(room, "game:reveal", reveal());
  fold(room, "room:left", { seq: 13, player: "bob", reason: "left" });
  equal(JSON.stringify(room), before);
  truthy(roomEventNames.length > 10, "every event has a fold");
});
