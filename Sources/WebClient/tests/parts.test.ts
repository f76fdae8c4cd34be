import { parse } from "../src/app/router";
import { RoomClock } from "../src/net/clock";
import { answerFromSeat, answerTo, type OwnAnswer } from "../src/state/answer";
import { cleanCode } from "../src/state/rules";
import { climb, hueOf, standing, startEntries, waitingFor } from "../src/state/selectors";
import { fold, roomFromState } from "../src/state/room";
import { Store } from "../src/state/store";
import { equal, truthy } from "./assert";
import { member, question, state } from "./fixtures";

const answer: OwnAnswer = { game: "g1", question: 0, choice: [2], id: "a1", status: "sending" };

Deno.test("an answer belongs to one question of one game", () => {
  equal(answerTo(answer, question())?.id, "a1");
  equal(answerTo(answer, question({ index: 1 })), undefined);
  equal(answerTo(answer, question({ game: "g2" })), undefined);
});

Deno.test("the seat's answer wins over the own one and keeps its id", () => {
  const seat = {
    code: "ABCDEFG",
    role: "player",
    ready: true,
    host: false,
    score: 0,
    streak: 0,
    answer: { question: 0, choice: [1], at: 9 },
  } as const;
  const settled = answerFromSeat({ ...seat, answer: { ...seat.answer, choice: [1] } }, "g1", answer);
  equal([settled?.choice, settled?.status, settled?.id], [[1], "confirmed", "a1"]);
  equal(answerFromSeat({ ...seat, answer: undefined }, "g1", answer), answer);
});

Deno.test("the sample with the smallest round trip sets the clock", () => {
  let local = 0;
  const clock = new RoomClock(() => local);
  clock.sample(0, 100, 5_050);
  clock.sample(100, 110, 5_300);
  clock.sample(200, 400, 9_999);
  local = 1_000;
  equal(clock.now(), 5_300 - 105 + 1_000);
});

Deno.test("a clock that stood still is known from the first sample afterwards", () => {
  let local = 0;
  const clock = new RoomClock(() => local);
  clock.sample(0, 2, 1_001);
  // Slower, but no contradiction: the fast one counts.
  clock.sample(100, 150, 1_110);
  local = 1_000;
  equal(clock.now(), 2_000);
  // 120 ms behind what the others say, which 40 ms of round trip do not explain.
  clock.sample(1_000, 1_040, 1_900);
  equal(clock.now(), 1_880);
});

Deno.test("a frozen clock stands still until it is restarted", () => {
  let local = 0;
  const clock = new RoomClock(() => local);
  clock.restart(500);
  clock.freeze();
  local = 2_000;
  clock.sample(1_990, 2_000, 7_000);
  equal(clock.now(), 500);
  clock.restart(600);
  local = 2_010;
  equal(clock.now(), 610);
});

Deno.test("every screen has a path of its own", () => {
  equal(parse("/"), { name: "home" });
  equal(parse("/r/abc2345"), { name: "room", code: "ABC2345" });
  equal(parse("/r/ABC2345/display"), { name: "display", code: "ABC2345" });
  equal(parse("/games/42"), { name: "game", game: "42" });
  for (const name of ["history", "settings", "licences"]) equal(parse(`/${name}`).name, name);
  for (const path of ["/nope", "/r", "/r/A/B", "/games", "/settings/x"]) equal(parse(path).name, "missing");
});

Deno.test("a code is cleaned of what cannot be in it, also out of a link", () => {
  equal(cleanCode("k7m zq4x!"), "K7MZQ4X");
  equal(cleanCode("https://play.example/r/k7mzq4x"), "K7MZQ4X");
  equal(cleanCode("0OIL1U"), "");
});

Deno.test("those who are away or only show the game are not waited for", () => {
  const members = [member("ada", { ready: true }), member("bob"), member("eve"), member("wall", { role: "display" })];
  equal(waitingFor(roomFromState(state({ members, present: ["ada", "bob", "wall"] }))), 1);
});

Deno.test("a climb is the difference of the places", () => {
  const [entry] = startEntries(roomFromState(state()));
  truthy(entry, "there is an entry");
  if (!entry) return;
  equal([climb(entry), climb({ ...entry, rank: 2, previousRank: 5 }), climb({ ...entry, rank: 4, previousRank: 1 })], [
    0,
    3,
    -3,
  ]);
});

Deno.test("after the last question everybody stands as on the podium", () => {
  const room = roomFromState(state({ phase: "leaderboard", game: { game: "g1", index: 0, of: 1 } }));
  const [entry] = startEntries(room);
  truthy(entry, "there is an entry");
  if (!entry) return;
  const shown = { seq: room.seq + 1, index: 0, entries: [{ ...entry, score: 500 }], at: 0 };
  const between = fold(room, "game:leaderboard", shown);
  equal(standing(between)[0]?.score, 500);
  const over = fold(between, "game:over", {
    seq: room.seq + 2,
    game: "g1",
    entries: [{ ...entry, score: 1_400 }],
    at: 0,
  });
  equal(standing(over)[0]?.score, 1_400);
});

Deno.test("a player's hue is stable and on the wheel", () => {
  equal(hueOf("ada"), hueOf("ada"));
  for (const name of ["a", "b", "ada", ""]) truthy(hueOf(name) >= 0 && hueOf(name) < 360, name);
});

Deno.test("a store tells its listeners about changes only, until they go", () => {
  const store = new Store({ n: 1 });
  let told = 0;
  const end = store.subscribe(() => told++);
  store.patch({ n: 2 });
  store.set(store.get());
  end();
  store.patch({ n: 3 });
  equal([told, store.get().n], [1, 3]);
});
