"""Listens for everything a page complains about: its console, uncaught errors, the content policy, layout shifts."""

import re
from dataclasses import dataclass, field

from playwright.async_api import ConsoleMessage, Error, Page

# Runs before any script of the page. Violations and shifts are kept per document.
OBSERVER = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`content policy: ${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample}`);
});
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    const nodes = entry.sources.map(({ node }) => {
      const element = node?.nodeType === 1 ? node : node?.parentElement;
      return element ? `${element.localName}.${[...element.classList].join(".")}` : "?";
    });
    const phase = document.querySelector("[data-phase]")?.dataset.phase ?? location.pathname;
    globalThis.shifts.push({ value: entry.value, at: entry.startTime, nodes, phase });
  }
}).observe({ type: "layout-shift", buffered: true });
"""

# The score is given with two digits: below this it is 0.
SHIFT_MAX = 0.005
# Over a whole game the aim is the same and not reached yet: a long verdict on a narrow phone pushes the answers down, and a
# projector takes its large type after the first paint. The figure is printed; this is the bound of "good".
GAME_SHIFT_MAX = 0.1

# A request that finds nobody: the browser says so on the console, whatever the script does with it.
NETWORK = r"net::ERR_|WebSocket connection to .* failed|Failed to load resource"


@dataclass
class Watch:
    """What one page has complained about."""

    name: str
    complaints: list[str] = field(default_factory=list)
    _forgiven: list[re.Pattern[str]] = field(default_factory=list)

    async def attach(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def forgive(self, pattern: str) -> None:
        """Complaints of this kind are what the test causes on purpose."""
        self._forgiven.append(re.compile(pattern))

    def unforgiven(self) -> list[str]:
        return [f"{self.name}: {text}" for text in self.complaints
                if not any(pattern.search(text) for pattern in self._forgiven)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error.message}")


async def layout_shift(page: Page) -> tuple[float, list[dict]]:
    """Cumulative Layout Shift of this document, and what moved though nobody touched anything.

    The largest sum of a session window: at most a second between two shifts, at most five seconds in all.
    """
    moves = await page.evaluate("globalThis.shifts")
    largest = total = 0.0
    first = last = -10_000.0
    for move in moves:
        if move["at"] - last > 1_000 or move["at"] - first > 5_000:
            total, first = 0.0, move["at"]
        total, last = total + move["value"], move["at"]
        largest = max(largest, total)
    return largest, moves
