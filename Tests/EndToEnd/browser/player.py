"""Players in a browser: how they come in, answer, and what they see."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from harness.places import bank

from .places import ARTIFACTS, EXTRA_QUESTIONS
from .watch import OBSERVER, Watch

LAPTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SMALL_PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}

# A browser behind a proxy that lets no WebSocket through: each one goes where nobody takes it.
WITHOUT_WEBSOCKET = """
const Real = globalThis.WebSocket;
globalThis.WebSocket = class extends Real { constructor() { super(`ws://${location.host}/nowhere`); } };
"""


def known_questions() -> dict[str, dict]:
    """All questions a game may ask, by prompt."""
    own = json.loads(EXTRA_QUESTIONS.read_text())["questions"]
    return bank() | {question["prompt"]: question for question in own}


@dataclass(eq=False)
class Player:
    """One person with one browser of their own."""

    name: str
    url: str
    context: BrowserContext
    page: Page
    watch: Watch
    touch: bool

    def find(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    async def act(self, target: Locator) -> None:
        """A tap or a click, as this player's device has it."""
        await (target.tap() if self.touch else target.click())

    # Coming in

    async def goes_to(self, path: str) -> None:
        await self.page.goto(f"{self.url}{path}")

    async def creates_room(self, **settings: str) -> str:
        """From the start page; `settings` are changed in the dialog, by the last part of their test ids."""
        await self.goes_to("/")
        await self.find("nickname-input").fill(self.name)
        await self.act(self.find("create-room"))
        await self.is_in_lobby()
        if settings:
            await self.configures(**settings)
        return await self.find("room-code").inner_text()

    async def configures(self, categories: tuple[str, ...] = (), **settings: str | bool) -> None:
        """Categories by their names; True and False set switches; other values choose or fill."""
        await self.act(self.find("settings-button"))
        for name, value in settings.items():
            field = self.find(f"setting-{name}")
            if isinstance(value, bool):
                await field.set_checked(value)
            elif await field.evaluate("field => field.localName") == "select":
                await field.select_option(value)
            else:
                await field.fill(value)
        for category in categories:
            await self.page.locator("label.toggle", has_text=category).click()
        await self.act(self.find("settings-save"))
        await expect(self.page.locator("dialog")).to_have_count(0)

    async def joins_by_code(self, code: str) -> None:
        await self.goes_to("/")
        await self.find("nickname-input").fill(self.name)
        await self.find("join-code").fill(code)
        await self.act(self.find("join-button"))
        await self.is_in_lobby()

    async def joins_by_link(self, code: str, password: str | None = None) -> None:
        await self.goes_to(f"/r/{code}")
        await self.find("nickname-input").fill(self.name)
        if password is not None:
            await self.find("password-input").fill(password)
        await self.act(self.find("join-button"))
        await self.is_in_lobby()

    async def comes_back(self, code: str) -> None:
        """The page was closed; the link brings the same person back."""
        self.page = await self.context.new_page()
        await self.watch.attach(self.page)
        await self.goes_to(f"/r/{code}")

    async def is_in_lobby(self) -> None:
        await expect(self.find("arena")).to_have_attribute("data-phase", "lobby")
        await self.is_connected()

    async def is_connected(self) -> None:
        await expect(self.find("connection-pill")).to_have_attribute("data-status", "online")

    # Playing

    async def sees(self, phase: str) -> None:
        await expect(self.page.locator(f'[data-testid="arena"][data-phase="{phase}"], '
                                       f'[data-testid="display"][data-phase="{phase}"]')).to_be_visible()

    async def sees_question(self, number: int) -> dict:
        """Waits until question `number` (from 1) is open; returns it from the bank."""
        await expect(self.page.locator(".stage.question .pips > span")).to_contain_text(f"{number}/")
        await expect(self.find("question")).to_have_attribute("data-phase", "question")
        await expect(self.find("answer-0")).to_have_attribute("aria-disabled", "false")
        prompt = (await self.find("question-prompt").inner_text()).strip()
        return known_questions()[prompt]

    async def places_of(self, question: dict, right: bool = True) -> list[int]:
        """Where the right choices stand on screen; or one wrong one."""
        texts = await self.page.locator(".tile-text").all_inner_texts()
        correct = {question["choices"][place] for place in question["correct"]}
        places = [place for place, text in enumerate(texts) if (text in correct) == right]
        return places if right else places[:1]

    async def answers(self, question: dict, right: bool = True) -> None:
        """By touch on a phone, by keys alone elsewhere; done when the server has said so."""
        await expect(self.find("answer-0")).to_have_attribute("aria-disabled", "false")
        for place in await self.places_of(question, right):
            if self.touch:
                await self.find(f"answer-{place}").tap()
            else:
                await self.page.keyboard.press(str(place + 1))
        if question["kind"] == "multiple":
            await self._submit()
        await self.has_answered()

    async def _submit(self) -> None:
        submit = self.find("submit-answer")
        await expect(submit).to_be_enabled()
        if self.touch:
            return await submit.tap()
        await self.tabs_to(submit)
        await self.page.keyboard.press("Enter")

    async def tabs_to(self, target: Locator, most: int = 40) -> None:
        """Moves the focus there with the Tab key only."""
        for _ in range(most):
            if await target.evaluate("element => element === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"{self.name}: {most} times Tab and still not at {target}")

    async def has_answered(self) -> None:
        """The server has said so; the last answer of all is followed by the reveal at once."""
        confirmed = '[data-testid="answer-status"][data-status="confirmed"], [data-testid="reveal"]'
        await expect(self.page.locator(confirmed)).to_be_visible()

    async def score_of(self, name: str) -> int:
        """From the leaderboard, or the podium's list, as this player sees it."""
        row = self.page.locator(".stage [data-testid=leaderboard-row]", has=self.page.locator(".name", has_text=name))
        return int("".join(filter(str.isdigit, await row.locator(".points").inner_text())))

    # Pictures

    async def settles(self) -> None:
        """Waits until whatever moves only once has stopped."""
        await self.page.evaluate("""async () => {
          const finite = document.getAnimations().filter((one) => {
            const { iterations, duration } = one.effect?.getComputedTiming() ?? {};
            return iterations !== Infinity && duration < 4_000;
          });
          await Promise.allSettled(finite.map((one) => one.finished));
        }""")

    async def shot(self, name: str) -> Path:
        await self.settles()
        file = ARTIFACTS / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=file)
        return file


class Stage:
    """Makes players on one node, and asks at the end whether any of their pages complained."""

    def __init__(self, browser: Browser, url: str):
        self.browser, self.url = browser, url
        self.players: list[Player] = []

    async def player(self, name: str, device: dict = LAPTOP, *, init: str | None = None, **more: object) -> Player:
        """- more: options of a Playwright context, as `locale` and `reduced_motion`."""
        options = {"color_scheme": "dark", "reduced_motion": "reduce", "locale": "en-GB"} | device | more
        context = await self.browser.new_context(**options)
        await context.add_init_script(OBSERVER)
        if init:
            await context.add_init_script(init)
        page = await context.new_page()
        watch = Watch(name)
        await watch.attach(page)
        player = Player(name, self.url, context, page, watch, bool(options.get("has_touch")))
        self.players.append(player)
        return player

    async def close(self, shots: Path, failed: bool) -> None:
        """- shots: where the pages of a failed test are pictured."""
        complaints = [text for player in self.players for text in player.watch.unforgiven()]
        for player in self.players:
            if failed and not player.page.is_closed():
                await player.page.screenshot(path=shots / f"{player.name}.png")
            await player.context.close()
        assert not complaints, "pages complained:\n" + "\n".join(complaints)


async def together(*doings) -> list:
    """All at once; the first failure ends the rest."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(doing) for doing in doings]
    return [task.result() for task in tasks]
