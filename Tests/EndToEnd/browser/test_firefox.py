"""A Firefox player among socket bots."""

import pytest

from harness.figures import figure
from harness.node import Node
from harness.stock import StockBot

from .firefox import ENTER, Firefox
from .places import ARTIFACTS
from .player import known_questions, together
from .test_official_client import SETTINGS

QUESTIONS = 4


@pytest.mark.limit(150)
async def test_a_firefox_player_plays_a_game_with_bots(node: Node):
    fox = Firefox()
    await fox.start()
    try:
        await play(fox, node)
    finally:
        await fox.close()


async def play(fox: Firefox, node: Node) -> None:
    bots = [StockBot(node.url, name, transports=way) for name, way in (
        ("Host", ["websocket"]), ("Polly", ["polling"]), ("Upton", ["polling", "websocket"]))]
    await together(*(bot.connect() for bot in bots))
    host = bots[0]
    code = (await host.call("room:create", settings=SETTINGS | {"questionCount": QUESTIONS}))["code"]
    await together(*(bot.join(code) for bot in bots))

    await fox.goes_to(f"{node.url}/r/{code}")
    await fox.focuses("nickname-input")
    await fox.types(f"Fuchs{ENTER}")
    await fox.until('document.querySelector("[data-testid=arena]")?.dataset.phase === "lobby"')
    await fox.until('document.querySelectorAll("[data-testid=player]").length === 4')
    await fox.taps("ready-button")
    await fox.until('document.querySelector("[data-testid=ready-button][aria-pressed=true]") !== null')
    await fox.shot(ARTIFACTS / "40-firefox-lobby.png")
    await host.call("game:start")

    for number in range(QUESTIONS):
        question = await host.event("game:question", lambda one, number=number: one["index"] == number)
        place = 'document.querySelector(".stage.question .pips > span")?.textContent'
        await fox.until(f'{place}?.startsWith("{number + 1}/")'
                        ' && document.querySelector("[data-testid=answer-0][aria-disabled=false]") !== null')
        assert await fox.evaluate("document.activeElement.dataset.testid") == "question-prompt"
        known = known_questions()[question["prompt"]]
        right = {known["choices"][place] for place in known["correct"]}
        texts = await fox.evaluate('[...document.querySelectorAll(".tile-text")].map((one) => one.textContent)')
        assert texts == question["choices"]
        await fox.types("".join(str(place + 1) for place, text in enumerate(texts) if text in right))
        if question["kind"] == "multiple":
            await fox.taps("submit-answer")
        await fox.until('document.querySelector("[data-testid=answer-status]")?.dataset.status === "confirmed"')
        if number == 0:
            await fox.shot(ARTIFACTS / "41-firefox-question.png")
        await together(*(bot.answer(question, [0]) for bot in bots))
        await fox.until('document.querySelector("[data-testid=verdict]")?.dataset.correct === "true"')
        await host.call("game:skip")
        if number < QUESTIONS - 1:
            await fox.until('document.querySelector("[data-testid=leaderboard]") !== null')
            await host.call("game:skip")

    over = await host.event("game:over")
    await fox.until('document.querySelector("[data-testid=podium]") !== null')
    first = await fox.evaluate('document.querySelector("[data-testid=podium-first] .name").textContent')
    assert first == over["entries"][0]["nickname"] == "Fuchs"
    assert over["entries"][0]["right"] == QUESTIONS
    await fox.shot(ARTIFACTS / "42-firefox-podium.png")
    version = await fox.evaluate("navigator.userAgent")
    figure("Firefox", str(version).rpartition("/")[2])
    assert not fox.errors, "\n".join(fox.errors)
    await together(*(bot.close() for bot in bots))
