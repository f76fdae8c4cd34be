import { type Arrival, isOld, seqOf, unseen } from "../src/net/overlap";
import { Places } from "../src/net/places";
import { equal, truthy } from "./assert";

const event = (name: string, payload: object): Arrival => ({ name, payload, offset: "" });
const names = (events: readonly Arrival[]): string[] => events.map(({ name }) => name);

Deno.test("game events that were drawn are not drawn again", () => {
  const held = [
    event("game:locked", { seq: 7 }),
    event("game:reveal", { seq: 8 }),
    event("game:leaderboard", { seq: 9 }),
  ];
  equal(names(unseen(held, 8)), ["game:leaderboard"]);
  equal(names(unseen(held, 9)), []);
  equal(names(unseen(held, -1)), ["game:locked", "game:reveal", "game:leaderboard"]);
});

Deno.test("a whole state counts only when it is newer", () => {
  equal(names(unseen([event("room:state", { seq: 5 }), event("room:member", { seq: 6 })], 5)), ["room:member"]);
  equal(names(unseen([event("room:state", { seq: 6 })], 5)), ["room:state"]);
});

Deno.test("of what is so now, only the last is drawn, in its place", () => {
  const held = [
    event("presence:update", { present: ["a"] }),
    event("game:progress", { answered: 1 }),
    event("chat:message", { client: "1" }),
    event("presence:update", { present: ["a", "b"] }),
    event("chat:message", { client: "2" }),
    event("game:progress", { answered: 2 }),
  ];
  equal(unseen(held, 3).map(({ payload }) => payload), [
    { client: "1" },
    { present: ["a", "b"] },
    { client: "2" },
    { answered: 2 },
  ]);
});

Deno.test("a second connection that is a little behind says nothing twice", () => {
  const now = (offset: string): Arrival => ({ name: "presence:update", payload: {}, offset });
  truthy(isOld(event("game:reveal", { seq: 7 }), 7), "it was drawn");
  truthy(!isOld(event("game:leaderboard", { seq: 8 }), 7), "it is new");
  truthy(!isOld(event("room:state", { seq: 2 }), 7), "a whole state is a new beginning");
  truthy(isOld(now("ABCDEFG.6.00000000"), 7), "something newer was drawn");
  truthy(!isOld(now("ABCDEFG.7.00000000"), 7), "it may be new");
  truthy(!isOld(now("-.0.00000000"), 7), "outside rooms nothing is old");
  truthy(!isOld({ name: "room:me", payload: {}, offset: undefined }, 7), "without an offset nothing is old");
});

Deno.test("only numbers are seqs", () => {
  equal([seqOf({ seq: 3 }), seqOf({ seq: "3" }), seqOf({}), seqOf(undefined)], [3, undefined, undefined, undefined]);
});

class Memory {
  text: string | null = null;
  getItem(): string | null {
    return this.text;
  }
  setItem(_: string, text: string): void {
    this.text = text;
  }
}

Deno.test("an address that failed is left alone for a minute, also by the next page", () => {
  let now = 1_000;
  const memory = new Memory();
  const places = new Places("https://quiz.test", memory, () => now);
  truthy(places.mayTry("https://n1.quiz.test"), "a new address may be tried");
  places.avoid("https://n1.quiz.test");
  truthy(!places.mayTry("https://n1.quiz.test"), "it failed");
  truthy(!new Places("https://quiz.test", memory, () => now).mayTry("https://n1.quiz.test"), "the next page knows");
  truthy(places.mayTry("https://n2.quiz.test"), "another one did not fail");
  now += 60_000;
  truthy(places.mayTry("https://n1.quiz.test"), "after a minute");
});

Deno.test("without storage every address may be tried", () => {
  const places = new Places("https://quiz.test", undefined);
  places.avoid("https://n1.quiz.test");
  truthy(places.mayTry("https://n1.quiz.test"), "nothing is remembered");
});

Deno.test("coming back begins at home and takes turns with the last address that worked", () => {
  const places = new Places("https://quiz.test", new Memory());
  equal([1, 2, 3].map((attempt) => places.next(attempt)), [
    "https://quiz.test",
    "https://quiz.test",
    "https://quiz.test",
  ]);
  places.reached("https://n1.quiz.test");
  equal([1, 2, 3, 4].map((attempt) => places.next(attempt)), [
    "https://quiz.test",
    "https://n1.quiz.test",
    "https://quiz.test",
    "https://n1.quiz.test",
  ]);
  places.avoid("https://n1.quiz.test");
  equal(places.next(2), "https://quiz.test");
});
