"""Every screen by axe and by its pixels, narrow and enlarged; a game by keys alone; what the pages weigh."""

import re

import pytest
from playwright.async_api import expect

from harness.figures import figure
from harness.node import Node
from harness.raw import RawBot

from .inspector import Inspector
from .places import dist
from .player import LAPTOP, PHONE, PROJECTOR, Player, Stage, together

# Bytes as sent, compressed by brotli where that is done.
FIRST_SCRIPTS_MAX = 70_000
ALL_SCRIPTS_MAX = 120_000
STYLES_MAX = 12_000
FONTS_MAX = 40_000
PAGE_MAX = 2_000

# Names and lines as long as they may be.
LONG_NAMES = ("Wolfeschlegelsteinha", "WWWWWWWWWWWWWWWWWWWW", "ミミミミミミミミミミ", "i", "Donaudampfschiffer", "O'Brien-Smith")


# With a phone's own zooming out, coordinates would depend on what overflowed before.
UNZOOMED_PHONE = PHONE | {"is_mobile": False}


@pytest.fixture
def inspector(loop_runner, chromium):
    blank = loop_runner.run(chromium.new_page())
    inspector = Inspector(blank)
    yield inspector
    loop_runner.run(blank.close())
    figure("screens inspected, texts measured", f"{inspector.screens}, {inspector.texts}")


def none(problems: list[str]) -> None:
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems)


@pytest.mark.limit(200)
async def test_pages_outside_a_game_are_accessible(stage: Stage, inspector: Inspector):
    ada, hedy = await together(stage.player("Ada", LAPTOP), stage.player("Hedy", UNZOOMED_PHONE))

    async def outside() -> None:
        await ada.goes_to("/")
        await expect(ada.find("loading")).to_have_count(0)
        await inspector.look(ada, "home")
        await ada.act(ada.find("join-button"))
        await expect(ada.find("home-error")).to_be_visible()
        await inspector.look(ada, "home with a mistake")
        for path in ("/settings", "/licences", "/history", "/nowhere"):
            await ada.goes_to(path)
            await expect(ada.page.locator("h1")).to_be_visible()
            await inspector.look(ada, path)

    async def on_a_phone() -> None:
        hedy.watch.forgive("Failed to load resource")
        await hedy.goes_to("/r/ZZZZZZZ")
        await expect(hedy.find("password-input")).to_be_visible()
        await inspector.look(hedy, "gate of an unknown room")
        await hedy.find("nickname-input").fill("Hedy")
        await hedy.act(hedy.find("join-button"))
        await expect(hedy.find("gate-error")).to_be_visible()
        await inspector.look(hedy, "gate with a mistake")
        await hedy.goes_to("/offline.html")
        await inspector.look(hedy, "offline")
        await hedy.goes_to("/history")
        await expect(hedy.find("empty")).to_be_visible()
        await inspector.look(hedy, "empty history")

    ada.watch.forgive("Failed to load resource")
    await together(outside(), on_a_phone())
    none(inspector.problems)


@pytest.mark.limit(400)
async def test_every_screen_of_a_game_is_accessible(stage: Stage, node: Node, inspector: Inspector):
    ada, hedy, projector = await together(
        stage.player("Ada", LAPTOP), stage.player("Hedy", UNZOOMED_PHONE), stage.player("Projector", PROJECTOR))
    code = await ada.creates_room(
        title="A room whose title is as long as a title of a room may be, 60", questions="4", window="120000",
        categories=("Party",), auto=False)
    await hedy.goes_to(f"/r/{code}")
    await expect(hedy.page.locator("h1")).to_contain_text("A room whose title")
    await inspector.look(hedy, "gate")
    await hedy.joins_by_link(code)
    await projector.goes_to(f"/r/{code}/display")
    bots = [RawBot(node.url, name) for name in LONG_NAMES]
    for bot in bots:
        await bot.connect()
        await bot.join(code)
    await bots[0].call("chat:send", id="1", text="Supercalifragilisticexpialidocious" * 3)
    await expect(projector.page.locator(".display-players li")).to_have_count(2 + len(bots))
    await together(inspector.look(ada, "lobby of the host"), inspector.look(hedy, "lobby"),
                   inspector.look(projector, "display, lobby"))
    await ada.act(ada.find("settings-button"))
    await hedy.act(hedy.find("chat-toggle"))
    await expect(ada.page.locator("dialog[open]")).to_be_visible()
    await together(inspector.look(ada, "game settings"), inspector.look(hedy, "chat"))
    await together(ada.page.keyboard.press("Escape"), hedy.page.keyboard.press("Escape"))

    await ada.act(ada.find("start-button"))
    await ada.sees("countdown")
    await ada.act(ada.find("pause-button"))
    await together(inspector.look(ada, "countdown"), inspector.look(hedy, "countdown"))
    await ada.act(ada.find("resume-button"))
    kinds = set()
    for number in range(1, 5):
        question, _ = await together(ada.sees_question(number), hedy.sees_question(number))
        await expect(hedy.find("question-prompt")).to_be_focused()
        is_new = question["kind"] not in kinds
        kinds.add(question["kind"])
        if is_new:
            await moves_nothing(hedy)
            if question["kind"] == "multiple":
                await hedy.act(hedy.find("answer-1"))
            await together(inspector.look(ada, f"question, {question['kind']}"),
                           inspector.look(hedy, f"question, {question['kind']}"),
                           *([inspector.look(projector, "display, question")] if number == 1 else []))
            if question["kind"] == "multiple":
                await hedy.act(hedy.find("answer-1"))
        if number == 2:
            await ada.act(ada.find("pause-button"))
            await expect(hedy.page.locator(".banner")).to_be_visible()
            await inspector.look(hedy, "paused")
            await ada.act(ada.find("resume-button"))
        await hedy.answers(question, right=False)
        if number == 1:
            await inspector.look(hedy, "answered")
        await ada.answers(question)
        shown = await bots[0].event("game:question", lambda one: one["index"] == number - 1)
        for bot in bots:
            await bot.answer(shown, [0])
        await together(ada.sees("reveal"), hedy.sees("reveal"))
        if is_new:
            await together(inspector.look(ada, f"reveal, {question['kind']}, right"),
                           inspector.look(hedy, f"reveal, {question['kind']}, wrong"),
                           *([inspector.look(projector, "display, reveal")] if number == 1 else []))
        await ada.act(ada.find("skip-button"))
        if number < 4:
            await together(*(player.sees("leaderboard") for player in (ada, hedy, projector)))
            if number == 1:
                await together(inspector.look(ada, "leaderboard"), inspector.look(hedy, "leaderboard"),
                               inspector.look(projector, "display, leaderboard"))
            await ada.act(ada.find("skip-button"))
    assert kinds == {"single", "multiple", "boolean"}
    await together(*(player.sees("podium") for player in (ada, hedy, projector)))
    await expect(ada.find("result-link")).to_be_visible()
    await together(inspector.look(ada, "podium of the host"), inspector.look(hedy, "podium"),
                   inspector.look(projector, "display, podium"))
    await ada.act(ada.find("result-link"))
    await expect(ada.find("game-result")).to_be_visible()
    await hedy.goes_to("/history")
    await expect(hedy.find("history-game")).to_be_visible()
    await together(inspector.look(ada, "result"), inspector.look(hedy, "history"))
    for bot in bots:
        await bot.close()
    none(inspector.problems)


async def moves_nothing(player: Player) -> None:
    """Under reduced motion only the countdown's ring turns, in steps of a second."""
    await player.settles()
    moving = await player.page.evaluate("""() => document.getAnimations()
      .filter((one) => one.playState === "running" && !one.effect?.target?.classList.contains("arc"))
      .map((one) => `${one.animationName ?? "animation"} of ${one.effect?.target?.className}`)""")
    assert not moving, f"moves under reduced motion: {moving}"


async def test_a_game_by_keys_alone(stage: Stage):
    ada = await stage.player("Ada", LAPTOP)
    keys = ada.page.keyboard
    await ada.goes_to("/")
    await expect(ada.find("create-room")).to_be_visible()
    await keys.press("Tab")
    await expect(ada.page.locator(".skip")).to_be_focused()
    await expect(ada.page.locator(".skip")).to_be_in_viewport()
    await keys.press("Enter")
    await ada.tabs_to(ada.find("nickname-input"))
    await keys.type("Ada")
    await ada.tabs_to(ada.find("create-room"))
    await shows_focus(ada)
    await keys.press("Enter")
    await ada.is_in_lobby()

    # A dialog keeps the focus inside, gives it back, and Escape closes it.
    settings = ada.find("settings-button")
    await ada.tabs_to(settings)
    await keys.press("Enter")
    await expect(ada.page.locator("dialog[open]")).to_be_visible()
    for _ in range(30):
        await keys.press("Tab")
        assert await ada.page.evaluate("document.activeElement === document.body"
                                       " || document.activeElement.closest('dialog') !== null")
    await keys.press("Escape")
    await expect(ada.page.locator("dialog")).to_have_count(0)
    await expect(settings).to_be_focused()
    await keys.press("Enter")
    count = ada.find("setting-questions")
    await ada.tabs_to(count)
    await keys.press("Control+a")
    await keys.type("3")
    await ada.tabs_to(ada.page.locator("label.toggle", has_text="Party").locator("input"))
    await keys.press("Space")
    await ada.tabs_to(ada.find("settings-save"))
    await keys.press("Enter")
    await expect(ada.page.locator("dialog")).to_have_count(0)

    await ada.tabs_to(ada.find("start-button"))
    await keys.press("Enter")
    for number in range(1, 4):
        question = await ada.sees_question(number)
        await expect(ada.find("question-prompt")).to_be_focused()
        if number == 1:
            # Digits in a chat line are text.
            await ada.tabs_to(ada.find("chat-input"))
            await keys.type("1 or 2?")
            await expect(ada.page.locator('.tile[aria-pressed="true"]')).to_have_count(0)
            await keys.press("Enter")
            await expect(ada.find("chat-message")).to_contain_text("1 or 2?")
            await keys.press("Tab")
        await ada.answers(question)
        await ada.sees("reveal")
        for phase in ("leaderboard", "question") if number < 3 else ("podium",):
            await ada.tabs_to(ada.find("skip-button"))
            await shows_focus(ada)
            await keys.press("Enter")
            await ada.sees(phase)
    await ada.tabs_to(ada.find("rematch-button"))
    await keys.press("Enter")
    await ada.is_in_lobby()


async def shows_focus(player: Player) -> None:
    outline = await player.page.evaluate("""() => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
      return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
    }""")
    assert outline, "the focus cannot be seen"


def test_the_pages_are_light():
    folder = dist()
    page = (folder / "index.html").read_text()
    scripts = set(re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', page))
    assert scripts, "index.html names no script"

    def sent(name: str) -> int:
        return (folder / f"{name.lstrip('/')}.br").stat().st_size

    def total(pattern: str) -> int:
        return sum(file.stat().st_size for file in folder.rglob(pattern))

    first = sum(map(sent, scripts))
    sizes = {
        "scripts of the first page": (first, FIRST_SCRIPTS_MAX),
        "all scripts": (total("*.js.br"), ALL_SCRIPTS_MAX),
        "styles": (total("*.css.br"), STYLES_MAX),
        "fonts": (total("*.woff2"), FONTS_MAX),
        "page": (sent("index.html"), PAGE_MAX),
    }
    for name, (size, _) in sizes.items():
        figure(f"{name}, brotli", f"{size / 1000:.1f} kB")
    assert not [name for name, (size, most) in sizes.items() if size > most]
