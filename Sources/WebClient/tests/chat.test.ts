import {
  type ChatLine,
  chatLinesMax,
  lineKey,
  linesAfter,
  oldestStored,
  withLine,
  withOlder,
  withRecent,
  withStatus,
} from "../src/state/chat";
import { equal } from "./assert";

const line = (client: string, part: Partial<ChatLine> = {}): ChatLine => ({
  client,
  player: "ada",
  nickname: "Ada",
  text: client,
  sentAtMs: 100,
  status: "sent",
  ...part,
});

Deno.test("the broadcast of an own line replaces the drawn one", () => {
  const lines = withLine(withLine([], line("c1", { status: "sending" })), line("c1"));
  equal(lines.map((one) => one.status), ["sent"]);
});

Deno.test("the same client id of another player is another line", () => {
  equal(withLine([line("c1")], line("c1", { player: "bob" })).length, 2);
});

Deno.test("what the server holds is merged, and what is under way stays at the end", () => {
  const mine = line("open", { status: "sending", sentAtMs: 50 });
  const lines = withRecent([line("c1"), mine], [
    line("c0", { sentAtMs: 90 }),
    line("c1"),
    line("c2", { sentAtMs: 110 }),
  ]);
  equal(lines.map((one) => one.client), ["c0", "c1", "c2", "open"]);
});

Deno.test("a stored line is no longer under way", () => {
  const lines = withRecent([line("c1", { status: "sending" })], [line("c1", { id: "stored" })]);
  equal(lines.map((one) => [one.status, one.id]), [["sent", "stored"]]);
});

Deno.test("lines from before the recent ones stay before them", () => {
  const lines = withRecent([line("old", { sentAtMs: 1 })], [line("new", { sentAtMs: 5 })]);
  equal(lines.map((one) => one.client), ["old", "new"]);
});

Deno.test("older lines come before the others, and none comes twice", () => {
  const lines = withOlder([line("c2"), line("c3")], [line("c1"), line("c2")]);
  equal(lines.map((one) => one.client), ["c1", "c2", "c3"]);
});

Deno.test("older lines are asked for before the oldest stored one, while there is room for them", () => {
  const open = line("c0", { status: "sending" });
  equal(oldestStored([open, line("c1", { id: "m1" }), line("c2", { id: "m2" })]), "m1");
  equal(oldestStored([open]), undefined);
  equal(oldestStored(Array.from({ length: chatLinesMax }, (_, n) => line(`c${n}`, { id: `m${n}` }))), undefined);
});

Deno.test("the number of lines is bounded", () => {
  let lines: readonly ChatLine[] = [];
  for (let n = 0; n < chatLinesMax + 5; n++) lines = withLine(lines, line(`c${n}`));
  equal([lines.length, lines[0]?.client], [chatLinesMax, "c5"]);
});

Deno.test("a status changes one line", () => {
  const lines = withStatus([line("c1"), line("c2")], "c2", "ada", { status: "failed" });
  equal(lines.map((one) => one.status), ["sent", "failed"]);
});

Deno.test("unread lines are those after the last one seen", () => {
  const lines = [line("c1"), line("c2"), line("c3")];
  equal([linesAfter(lines, lineKey(line("c1"))), linesAfter(lines, lineKey(line("c3"))), linesAfter(lines, "gone")], [
    2,
    0,
    3,
  ]);
});
