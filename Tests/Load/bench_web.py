"""What people feel of the web client, measured in Chromium on a running node: a table, no verdict.

Pages are loaded cold on a phone with a slow network and a slow processor. Then one page plays a game against 49 bots, so
that the leaderboard has fifty rows; the processor is slowed for the first half of the questions.
"""

import argparse
import asyncio
import os
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

from browser.places import CHROMIUM
from browser.player import LAPTOP, PHONE, Player, Stage
from browser.watch import layout_shift
from harness.bot import Lost, Refused
from harness.stock import StockBot
from harness.table import Table
from playwright.async_api import Browser, CDPSession, async_playwright, expect

# Rows of the leaderboard: the page and its bots.
ROWS = 50
SLOWDOWN = 4
# "Slow 4G" of Chromium's developer tools: milliseconds a request, bytes a second.
SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 180_000, "uploadThroughput": 84_375}
# Seconds after which a page that waits for nothing paints nothing larger any more.
SETTLED = 1.5
# Seconds: how long the host leaves the reveal and the leaderboard on screen; the rows move for 1.4 of them.
REVEAL, STANDING = 1.0, 2.4

OBSERVER = """
globalThis.paints = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) globalThis.paints.push(entry.startTime);
}).observe({ type: "largest-contentful-paint", buffered: true });
globalThis.interactions = new Map();
new PerformanceObserver((list) => {
  for (const { interactionId, duration } of list.getEntries()) {
    if (!interactionId) continue;
    globalThis.interactions.set(interactionId, Math.max(duration, globalThis.interactions.get(interactionId) ?? 0));
  }
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""

# Milliseconds after the leaderboard's first frame: the rows stand in their old order, then move (`flip.ts`).
HOLD, MOVED = 650, 1_400

# Resolves when the leaderboard is gone, to its frames: when, and milliseconds since the one before. The first one holds its
# rendering.
FRAMES = """() => new Promise((done) => {
  const frames = [];
  let last = performance.now(), first;
  const step = () => {
    const now = performance.now();
    const phase = document.querySelector("[data-testid=arena]")?.dataset.phase;
    if (phase === "leaderboard") frames.push([now - (first ??= now), now - last]);
    else if (frames.length > 0) return done(frames);
    last = now;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


@dataclass
class Figures:
    """What was measured, in the order in which it is to be shown."""

    rows: dict[str, tuple[str, list[float]]] = field(default_factory=dict)

    def add(self, what: str, unit: str, *values: float) -> None:
        self.rows.setdefault(what, (unit, []))[1].extend(values)

    def table(self) -> str:
        lines = [("", "median", "worst", "samples")]
        for what, (unit, values) in self.rows.items():
            shown = [f"{value:.4f}" if unit == "" else f"{value:.0f} {unit}" for value in (median(values), max(values))]
            lines.append((what, *shown, str(len(values))))
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join("  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in lines)


async def throttle(player: Player, *, network: bool, slowdown: float) -> None:
    session: CDPSession = await player.context.new_cdp_session(player.page)
    if network:
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", SLOW_4G)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})


async def load(browser: Browser, url: str, path: str, name: str, figures: Figures) -> None:
    """One cold load."""
    visitor = await Stage(browser, url).player("Visitor", PHONE, init=OBSERVER, reduced_motion="no-preference")
    await throttle(visitor, network=True, slowdown=SLOWDOWN)
    await visitor.page.goto(f"{url}{path}", timeout=60_000)
    await expect(visitor.find("nickname-input")).to_be_visible()
    await visitor.page.wait_for_load_state("networkidle")
    await asyncio.sleep(SETTLED)
    figures.add(f"{name}: largest paint", "ms", await visitor.page.evaluate("Math.max(...paints)"))
    shift, _ = await layout_shift(visitor.page)
    figures.add(f"{name}: layout shift", "", shift)
    size = await visitor.page.evaluate("""() => ["navigation", "resource"].flatMap((type) =>
      performance.getEntriesByType(type)).reduce((sum, { transferSize }) => sum + transferSize, 0)""")
    figures.add(f"{name}: transferred", "kB", size / 1000)
    await visitor.context.close()


async def seat_bots(url: str, questions: int) -> Table:
    bots = [StockBot(url, f"Bot {number}") for number in range(1, ROWS)]
    # A few at a time: a busy machine that also runs the node should not time out.
    for first in range(0, len(bots), 10):
        await asyncio.gather(*(bot.connect() for bot in bots[first:first + 10]))
    return await Table.open(bots, title="Benchmark", questionCount=questions, answerWindowMs=20_000)


class Leader:
    """The bots answer by chance and at different times, so that rows move; the host leads on when all has been shown."""

    def __init__(self, table: Table):
        self._table = table
        self._tasks: set[asyncio.Task] = set()
        for bot in table.bots:
            self._on(bot, "game:question", lambda question, bot=bot: self._answer(bot, question))
        self._on(table.host, "game:reveal", lambda _: self._lead_on(REVEAL, "game:reveal"))
        self._on(table.host, "game:leaderboard", lambda _: self._lead_on(STANDING, "game:leaderboard"))

    def _on(self, bot: StockBot, name: str, act) -> None:
        def seen(event) -> None:
            if event.name == name:
                task = asyncio.ensure_future(act(event.payload))
                self._tasks.add(task)
                task.add_done_callback(self._done)

        bot.listeners.append(seen)

    def _done(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        # A bot that is late or lost makes the crowd smaller, not the measurement wrong.
        if not task.cancelled() and not isinstance(task.exception(), (Lost, Refused, TimeoutError, type(None))):
            print(f"A bot failed: {task.exception()!r}", file=sys.stderr)

    async def _answer(self, bot: StockBot, question: dict) -> None:
        await asyncio.sleep(random.uniform(0, 2))
        await bot.answer(question, [random.randrange(len(question["choices"]))])

    async def _lead_on(self, seconds: float, phase: str) -> None:
        await asyncio.sleep(seconds)
        await self._table.skip(phase)

    def close(self) -> None:
        for bot in self._table.bots:
            bot.listeners.clear()
        for task in self._tasks:
            task.cancel()


async def answer(player: Player, number: int) -> None:
    await expect(player.page.locator(".stage.question .pips > span")).to_contain_text(f"{number}/")
    await expect(player.find("answer-0")).to_have_attribute("aria-disabled", "false")
    await player.settles()
    await player.find("answer-0").click()
    submit = player.find("submit-answer")
    if await submit.count() > 0:
        await submit.click()
    await player.has_answered()


async def play(browser: Browser, url: str, table: Table, questions: int, figures: Figures) -> None:
    """One page plays the bots' game to its end."""
    stage = Stage(browser, url)
    player = await stage.player("Bench", LAPTOP, init=OBSERVER, reduced_motion="no-preference")
    await player.joins_by_link(table.code)
    await player.page.evaluate("interactions.clear()")
    leader = Leader(table)
    await table.start()
    for number in range(1, questions + 1):
        slowdown = SLOWDOWN if number <= (questions + 1) // 2 else 1
        await throttle(player, network=False, slowdown=slowdown)
        label = f"processor/{slowdown}"
        await answer(player, number)
        frames = asyncio.ensure_future(player.page.evaluate(FRAMES)) if number < questions else None
        await player.sees("reveal")
        # The browser reports what took less than 16 ms not at all.
        slow = await player.page.evaluate("[...interactions.values()]")
        figures.add(f"{label}: answering, from the click to the picture", "ms", max(slow, default=16))
        await player.page.evaluate("interactions.clear()")
        if frames is not None:
            times = await asyncio.wait_for(frames, 60)
            held = [length for at, length in times[1:] if at < HOLD]
            moving = [length for at, length in times[1:] if HOLD <= at <= MOVED]
            figures.add(f"{label}: first frame of {ROWS} rows", "ms", times[0][1])
            # The bots read the same leaderboard in this moment, on the same processors.
            figures.add(f"{label}: longest frame while they stand", "ms", max(held, default=0))
            figures.add(f"{label}: longest frame while they move", "ms", max(moving))
            figures.add(f"{label}: frames a second while they move", "fps", 1000 * len(moving) / sum(moving))
    await player.sees("podium")
    rows = await player.page.locator("[data-testid=leaderboard-row]").count()
    shift, moves = await layout_shift(player.page)
    figures.add("a whole game: layout shift", "", shift)
    for move in moves:
        print(f"  moved by itself ({move['phase']}, {move['value']:.5f}): {', '.join(move['nodes'])}")
    print(f"The game had {questions} questions; the podium's page has {rows} rows of the leaderboard.")
    leader.close()
    await player.context.close()


async def measure(url: str, runs: int, questions: int) -> None:
    expect.set_options(timeout=30_000)
    figures = Figures()
    print(f"Seating {ROWS - 1} bots on {url} …")
    table = await seat_bots(url, questions)
    async with async_playwright() as playwright:
        # Chromium's sandbox refuses to run as root.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-dev-shm-usage", *sandbox])
        print(f"Loading pages, {runs} times each, on slow 4G with the processor/{SLOWDOWN} …")
        for _ in range(runs):
            await load(browser, url, "/", "home", figures)
            await load(browser, url, f"/r/{table.code}", "a room's link", figures)
        print("Playing …")
        await play(browser, url, table, questions, figures)
        await browser.close()
    await table.close()
    print(figures.table())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="a running node")
    parser.add_argument("--runs", type=int, default=5, help="loads of each page")
    parser.add_argument("--questions", type=int, default=6, help="questions of the game; at least 2")
    options = parser.parse_args()
    asyncio.run(measure(options.url.rstrip("/"), options.runs, max(2, options.questions)))


if __name__ == "__main__":
    main()
