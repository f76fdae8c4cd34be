"""kill -9 in the middle of a question, with browsers watching."""

import pytest
from playwright.async_api import expect

from harness.figures import figure
from harness.node import Node

from .frames import Handshakes
from .official import official_page
from .player import LAPTOP, PHONE, WITHOUT_WEBSOCKET, Player, Stage, together
from .test_official_client import RECOVERED_MIN, SETTINGS
from .watch import NETWORK

# Sockets of the official client in a second room of the same node.
OFFICIALS = 30


async def top_of_the_game(player: Player) -> float:
    return await player.page.evaluate("document.querySelector('.stage').getBoundingClientRect().top + scrollY")


@pytest.mark.limit(150)
async def test_three_browsers_play_on_after_kill_9(fragile_stage: Stage, fragile_node: Node):
    ada, grace, linus = players = await together(
        fragile_stage.player("Ada", LAPTOP), fragile_stage.player("Grace", PHONE),
        fragile_stage.player("Linus", LAPTOP, init=WITHOUT_WEBSOCKET))
    for player in players:
        player.watch.forgive(NETWORK)
    handshakes = {player.name: Handshakes(player.page) for player in players}
    code = await ada.creates_room(questions="2", window="60000", categories=("Party",), auto=False)
    await together(grace.joins_by_code(code), linus.joins_by_link(code))
    officials = await official_page(fragile_stage.browser, fragile_stage.url)
    await officials.evaluate("""async ({ count, settings }) => {
      const host = await open("Host", { transports: ["websocket"] });
      const { code } = await ask(host, "room:create", { settings });
      await ask(host, "room:join", { code });
      const rest = Array.from({ length: count - 1 }, (_, n) => open(`Member ${n}`, { transports: ["websocket"] }));
      for (const index of await Promise.all(rest)) await ask(index, "room:join", { code });
    }""", {"count": OFFICIALS, "settings": SETTINGS})
    await ada.act(ada.find("start-button"))
    question = (await together(*(player.sees_question(1) for player in players)))[0]
    await together(grace.answers(question), linus.answers(question, right=False))
    chosen = await grace.page.locator('.tile[aria-pressed="true"]').count()
    await expect(ada.find("progress")).to_have_text("2 of 3 answered")

    tops = [await top_of_the_game(player) for player in players]
    fragile_node.kill()
    for player, top in zip(players, tops):
        await expect(player.find("connection-pill")).to_have_attribute("data-status", "reconnecting")
        await expect(player.find("question-prompt")).to_have_text(question["prompt"])
        assert await top_of_the_game(player) == top, f"the news that {player.name} is not connected moved the page"
    await ada.shot("30-reconnecting")
    took = await fragile_node.start()
    await together(*(player.is_connected() for player in players))
    figure("node back after kill -9", f"{took:.1f} s")

    # The same question, with the answers that had been acknowledged; the third one still counts.
    await together(*(expect(player.find("question-prompt")).to_have_text(question["prompt"]) for player in players))
    await expect(grace.page.locator('.tile[aria-pressed="true"][data-locked="true"]')).to_have_count(chosen)
    await grace.has_answered()
    await ada.answers(question)
    await together(*(player.sees("reveal") for player in players))
    for player, right in ((ada, True), (grace, True), (linus, False)):
        await expect(player.find("verdict")).to_have_attribute("data-correct", str(right).lower())
    await ada.act(ada.find("skip-button"))
    await ada.sees("leaderboard")
    assert await ada.score_of("Grace") > 600 and await ada.score_of("Linus") == 0
    await ada.act(ada.find("skip-button"))
    question = (await together(*(player.sees_question(2) for player in players)))[0]
    await together(*(player.answers(question) for player in players))
    await ada.sees("reveal")
    await ada.act(ada.find("skip-button"))
    await together(*(player.sees("podium") for player in players))
    assert not fragile_node.problems()

    # Everybody had seen an event, so everybody is to be recovered.
    await officials.evaluate('until("all to be back", () => sockets.every(({ connects }) => connects.length >= 2))')
    connects: list[list[bool]] = await officials.evaluate("sockets.map(({ connects }) => connects)")
    back = [first_back for _, first_back, *_ in connects]
    share = sum(back) / len(back)
    figure("recovered after kill -9, official client", f"{share:.1%} of {len(back)}")
    web = {name: seen.recovered for name, seen in handshakes.items()}
    figure("recovered after kill -9, web client", web)
    assert share >= RECOVERED_MIN
    assert all(web[name] and all(web[name]) for name in web)
    await officials.close()
