"""Eight people on eight devices and a projector play a game from the first click to the rematch."""

import os
import re

import pytest
from playwright.async_api import expect

from harness.figures import figure

from .picture import BYTES_MAX, compose
from .places import ARTIFACTS, PICTURE
from .player import LAPTOP, PHONE, PROJECTOR, SMALL_PHONE, WITHOUT_WEBSOCKET, Player, Stage, together
from .watch import GAME_SHIFT_MAX, NETWORK, layout_shift

# Looks like markup; must arrive as text.
CHEEKY = '<img src=x onerror="alert(1)"> good luck & have fun'


async def crowd(stage: Stage) -> list[Player]:
    """The host first; laptops play by keys, phones by touch."""
    return await together(
        stage.player("Ada", LAPTOP, reduced_motion="no-preference"),
        stage.player("Grace", PHONE, reduced_motion="no-preference"),
        stage.player("Alan", LAPTOP),
        stage.player("Emmy", PHONE, locale="de-DE"),
        stage.player("Linus", LAPTOP, init=WITHOUT_WEBSOCKET),
        stage.player("Sophie", PHONE, color_scheme="light"),
        stage.player("Niels", LAPTOP, color_scheme="light"),
        stage.player("Hedy", SMALL_PHONE),
    )


@pytest.mark.alone
@pytest.mark.limit(240)
async def test_eight_browsers_play_a_game_to_the_podium_and_again(stage: Stage):
    players = await crowd(stage)
    ada, grace, alan, emmy, linus, sophie, niels, hedy = players
    linus.watch.forgive(NETWORK)
    transports: set[str] = set()
    linus.page.on("request", lambda request: transports.update(re.findall(r"transport=(\w+)", request.url)))

    # Everybody comes in: by the host's code, by link, from the list of open rooms.
    await ada.goes_to("/")
    await ada.shot("01-home")
    code = await ada.creates_room(visibility="public", questions="4", window="120000", categories=("Party",),
                                   auto=False)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{7}", code)
    await expect(ada.page.get_by_role("img", name=f"QR code of the link to room {' '.join(code)}")).to_be_visible()
    await grace.goes_to(f"/r/{code}")
    await grace.shot("02-join-by-link")
    await hedy.goes_to("/")
    await hedy.find("nickname-input").fill(hedy.name)
    await together(
        *(player.joins_by_code(code) for player in (alan, linus, sophie)),
        *(player.joins_by_link(code) for player in (grace, emmy, niels)),
    )
    await hedy.goes_to("/")
    await hedy.act(hedy.find("public-room").filter(has_text=code))
    await hedy.find("nickname-input").fill(hedy.name)
    await hedy.act(hedy.find("join-button"))
    await hedy.is_in_lobby()
    assert transports == {"polling"}

    projector = await stage.player("Projector", PROJECTOR)
    await projector.goes_to(f"/r/{code}/display")
    await expect(projector.find("display-code")).to_have_text(code)
    await expect(projector.page.locator(".display-players li")).to_have_count(8)

    # The lobby: ready checks and chat.
    await expect(emmy.find("ready-button")).to_have_text("Ich bin bereit")
    await together(*(player.act(player.find("ready-button")) for player in players))
    for player in players:
        await expect(player.page.locator('[data-testid=player][data-ready="true"]')).to_have_count(8)
    await niels.find("chat-input").fill("Good luck, have fun!")
    await niels.page.keyboard.press("Enter")
    # Keys 1 to 6 belong to the chat line as long as the focus is there.
    await niels.page.keyboard.press("Tab")
    for player in players:
        line = player.find("chat-message")
        await expect(line).to_contain_text("Good luck, have fun!")
        await expect(line).to_have_attribute("data-status", "sent")
    await together(ada.shot("03-lobby-host"), grace.shot("04-lobby-phone"), projector.shot("05-lobby-display"))
    await grace.act(grace.find("chat-toggle"))
    await expect(grace.page.locator("#chat")).to_be_in_viewport()
    await grace.shot("06-chat-phone")
    await grace.page.keyboard.press("Escape")
    await expect(grace.page.locator("#chat")).not_to_be_in_viewport()

    await ada.page.get_by_test_id("start-button").press("Enter")
    await ada.sees("countdown")
    await together(ada.shot("07-countdown"), grace.sees("countdown"))

    # The first question: everybody answers, three of them wrongly.
    question = (await together(*(player.sees_question(1) for player in players)))[0]
    await expect(ada.find("question-prompt")).to_be_focused()
    await together(ada.shot("08-question"), grace.shot("09-question-phone"), projector.shot("10-question-display"))
    wrong = {linus, sophie, hedy}
    await together(*(player.answers(question, player not in wrong) for player in players if player is not ada))
    await expect(ada.find("progress")).to_have_text("7 of 8 answered")
    await expect(emmy.find("answer-status")).to_contain_text("Abgegeben")
    await grace.shot("11-answered-phone")
    await ada.answers(question)
    for player in players:
        await player.sees("reveal")
        await expect(player.find("verdict")).to_have_attribute("data-correct", str(player not in wrong).lower())
        await expect(player.page.locator('.tile[data-verdict="right"]')).to_have_count(len(question["correct"]))
        await expect(player.find("explanation")).to_contain_text(question["explanation"])
    await together(ada.shot("12-reveal"), grace.shot("13-reveal-phone"), projector.shot("14-reveal-display"))
    await ada.act(ada.find("skip-button"))
    await together(*(player.sees("leaderboard") for player in (*players, projector)))
    await together(ada.shot("15-leaderboard"), grace.shot("16-leaderboard-phone"),
                   projector.shot("17-leaderboard-display"))
    for player in players:
        assert await player.score_of("Grace") == await ada.score_of("Grace") > 600
        assert await player.score_of("Linus") == 0
    await ada.act(ada.find("skip-button"))

    # The second: the network of one goes away after the answer, another one closes the page and comes back by the link.
    # (Which of the four kinds it is, chance decides.)
    question = (await together(*(player.sees_question(2) for player in players)))[0]
    await together(grace.answers(question), niels.answers(question))
    chosen = await grace.page.locator('.tile[aria-pressed="true"]').count()
    assert chosen == len(question["correct"])
    grace.watch.forgive(NETWORK)
    await grace.context.set_offline(True)
    await expect(grace.find("connection-pill")).to_have_attribute("data-status", "offline")
    await grace.shot("18-offline-phone")
    await niels.page.close()
    await together(*(player.answers(question) for player in (alan, emmy, linus, sophie)))
    await expect(ada.find("progress")).to_have_text("6 of 8 answered")
    await grace.context.set_offline(False)
    await niels.comes_back(code)
    for player in (grace, niels):
        await player.is_connected()
        await player.has_answered()
        await expect(player.page.locator('.tile[aria-pressed="true"][data-locked="true"]')).to_have_count(chosen)
    await expect(niels.find("question-prompt")).to_have_text(question["prompt"])
    assert await niels.page.locator('[data-testid=leaderboard-row][data-me="true"] .points').inner_text() != "0"
    await together(hedy.answers(question, False), ada.answers(question))
    for player in players:
        await player.sees("reveal")
        await expect(player.find("verdict")).to_have_attribute("data-correct", str(player is not hedy).lower())
    await together(niels.shot("19-reveal-light"), emmy.shot("20-reveal-german-phone"))
    size = await compose(stage.browser, await alan.shot("21-picture-laptop"), await grace.shot("22-picture-phone"),
                         ARTIFACTS / "game.png")
    figure("game.png", f"{size / 1000:.0f} kB")
    assert size <= BYTES_MAX
    if os.environ.get("QUIZMANIA_PICTURE"):
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_bytes((ARTIFACTS / "game.png").read_bytes())

    # Pausing stops everybody's clock.
    await ada.act(ada.find("skip-button"))
    await ada.sees("leaderboard")
    await ada.act(ada.find("skip-button"))
    question = (await together(*(player.sees_question(3) for player in players)))[0]
    await ada.act(ada.find("pause-button"))
    for player in (*players, projector):
        await expect(player.page.locator(".banner")).to_be_visible()
    await hedy.shot("23-paused-small-phone")
    await ada.act(ada.find("resume-button"))
    await expect(ada.page.locator(".banner")).to_have_count(0)
    await together(*(player.answers(question) for player in players))
    await ada.sees("reveal")
    await ada.act(ada.find("skip-button"))
    await ada.sees("leaderboard")
    await ada.act(ada.find("skip-button"))
    question = (await together(*(player.sees_question(4) for player in players)))[0]
    await together(*(player.answers(question, player is not alan) for player in players))

    # The podium says the same to everybody, and is what the node has signed.
    await ada.sees("reveal")
    await ada.act(ada.find("skip-button"))
    await together(*(player.sees("podium") for player in (*players, projector)))
    for player in (*players, projector):
        await expect(player.page.locator(".step .name")).to_have_count(3)
    steps = [await player.page.locator(".step .name").all_inner_texts() for player in (*players, projector)]
    assert len(steps[0]) == 3 and all(step == steps[0] for step in steps)
    assert not {"Linus", "Sophie", "Hedy", "Alan"} & set(steps[0])
    await expect(emmy.page.locator("#stage-title")).to_contain_text("gewinnt")
    await together(ada.shot("24-podium"), grace.shot("25-podium-phone"), projector.shot("26-podium-display"))
    await expect(ada.find("result-link")).to_be_visible()

    # Looked at while every page is still the one that was opened for the game.
    scores = {player.name: await layout_shift(player.page) for player in (*players, projector)}
    worst = max(score for score, _ in scores.values())
    figure("cumulative layout shift of a game, worst of nine pages", f"{worst:.4f}")

    # Again, in the same seats.
    await ada.act(ada.find("rematch-button"))
    for player in players:
        await player.is_in_lobby()
        await expect(player.find("player").filter(has=player.page.locator(".name"))).to_have_count(9)
    await linus.find("chat-input").fill(CHEEKY)
    await linus.act(linus.find("chat-send"))
    await linus.page.keyboard.press("Tab")
    for player in players:
        await expect(player.find("chat-message").last).to_contain_text(CHEEKY)
    await together(ada.shot("27-rematch-lobby"), grace.shot("28-rematch-lobby-phone"))
    # This time nobody leads: the game goes on by itself.
    await ada.configures(questions="1", auto=True)
    await ada.act(ada.find("start-button"))
    question = (await together(*(player.sees_question(1) for player in players)))[0]
    await together(*(player.answers(question) for player in players))
    await together(*(player.sees("podium") for player in (*players, projector)))

    # The first game's result has its own page, and stands in the history.
    await ada.goes_to("/history")
    await expect(ada.find("history-game")).to_have_count(2)
    await ada.act(ada.find("history-game").last)
    await expect(ada.find("game-result")).to_be_visible()
    assert (await ada.page.locator("[data-testid=leaderboard-row] .name").all_inner_texts())[:3] == steps[0]
    await ada.shot("29-result")

    for name, (score, moves) in scores.items():
        assert score < GAME_SHIFT_MAX, f"{name}'s page moved by itself: {moves}"
