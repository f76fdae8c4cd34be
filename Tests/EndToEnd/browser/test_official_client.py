"""The official client by every way in, and what it says about recovery after its transport was cut."""

import pytest

from harness.figures import figure

from .official import official_page

# Share of connections that had seen an event and must be recovered after a drop.
RECOVERED_MIN = 0.99

SETTINGS = {"title": "Official", "visibility": "unlisted", "questionCount": 3, "answerWindowMs": 20_000,
            "categories": ["party"], "speedPoints": True, "autoAdvance": False}


@pytest.fixture
def page(loop_runner, chromium, node):
    page = loop_runner.run(official_page(chromium, node.url))
    yield page
    loop_runner.run(page.close())


@pytest.mark.parametrize(("transports", "upgrade", "seen"), [
    (["polling"], False, ["polling"]),
    (["websocket"], False, ["websocket"]),
    (["polling", "websocket"], True, ["polling", "websocket"]),
], ids=["polling only", "websocket only", "upgrade"])
async def test_it_connects_is_named_and_acknowledged(page, transports, upgrade, seen):
    found = await page.evaluate("""async ({ transports, seen, settings }) => {
      const index = await open("Wanda", { transports });
      await until("room:me", () => named(index, "room:me").length > 0);
      await until("the transport", () => sockets[index].transports.length >= seen);
      const clock = await ask(index, "time:sync", { t0: 1.5 });
      const room = await ask(index, "room:create", { settings });
      const joined = await ask(index, "room:join", { code: room.code });
      await until("room:state", () => named(index, "room:state").length > 0);
      const said = await ask(index, "chat:send", { id: "line-1", text: "höflich grüßen 👋" });
      const refused = await ask(index, "room:kick", { player: named(index, "room:me")[0].player });
      const { transports: used, connects, refusals, events } = sockets[index];
      const trailing = events.every((event) => typeof event.at(-1) === "string" && event.length === 3);
      return { used, connects, refusals, trailing, clock, room, joined, said, refused,
               lines: named(index, "chat:message").map((line) => line.text) };
    }""", {"transports": transports, "seen": len(seen), "settings": SETTINGS})
    assert found["used"] == seen
    assert found["connects"] == [False] and found["refusals"] == []
    assert found["trailing"], "every event is (object, offset)"
    assert found["clock"]["ok"] and found["clock"]["t0"] == 1.5
    assert found["joined"]["ok"] and found["joined"]["code"] == found["room"]["code"]
    assert found["said"]["ok"] and found["lines"] == ["höflich grüßen 👋"]
    assert found["refused"]["ok"] is False and found["refused"]["error"]["code"]


@pytest.mark.parametrize(("transports", "count"), [
    (["websocket"], 40),
    # A browser gives one host six connections, and each member holds one of them.
    (["polling"], 4),
], ids=["websocket", "polling"])
async def test_it_recovers_after_its_transport_was_cut(page, transports, count):
    """All members of a room but its host are cut off, miss three events, and come back to a contiguous game."""
    found = await page.evaluate("""async ({ transports, count, settings }) => {
      const host = await open("Host", { transports: ["websocket"] });
      const { code } = await ask(host, "room:create", { settings });
      await ask(host, "room:join", { code });
      const members = await Promise.all(Array.from({ length: count }, (_, n) => open(`Member ${n}`, { transports })));
      await Promise.all(members.map(async (index) => {
        await ask(index, "room:join", { code });
        await until("everybody", () => named(index, "room:state").length > 0);
      }));
      const seqs = (index) => sockets[index].events
        .filter(([name]) => /^(room:(member|left|changed)|game:(?!progress|signed))/.test(name))
        .map((event) => event[1].seq);
      await until("the last one's coming", () => members.every((index) => seqs(index).at(-1) === seqs(host).at(-1)
        || named(index, "room:state").at(-1).seq >= seqs(host).at(-1)));
      for (const index of members) sockets[index].socket.io.engine.close();
      // Missed by all who are away.
      for (const locked of [true, false, true]) await ask(host, "room:lock", { locked });
      await until("all to be back", () => members.every((index) => sockets[index].connects.length === 2));
      await until("all missed events", () => members.every((index) => seqs(index).at(-1) >= seqs(host).at(-1)));
      const isGap = (seq, place, all) => place > 0 && seq !== all[place - 1] + 1;
      const gaps = members.filter((index) => seqs(index).some(isGap));
      const locked = members.map((index) => named(index, "room:changed").map((event) => event.locked));
      return { recovered: members.map((index) => sockets[index].connects[1]), gaps: gaps.length, locked,
               used: [...new Set(members.map((index) => sockets[index].transports.at(-1)))] };
    }""", {"transports": transports, "count": count, "settings": SETTINGS})
    share = sum(found["recovered"]) / count
    figure(f"recovered after a cut, official client, {transports[0]}", f"{share:.1%} of {count}")
    assert found["used"] == transports
    assert share >= RECOVERED_MIN
    assert found["gaps"] == 0
    assert all(locked[-3:] == [True, False, True] and len(locked) == 3 for locked in found["locked"])
