"""Looks at a screen as it stands: axe, painted contrast, overflow, sizes of targets. It collects problems."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from .pixels import low_contrast
from .player import Player

NARROW = 320

# A room's code is drawn, and letters are not equally wide; the page is looked at with the widest.
_WIDEST = """() => {
  for (const code of document.querySelectorAll(".code-large, .code-chip span")) {
    code.dataset.drawn = code.textContent;
    code.firstChild.data = "WWWWWWW";
  }
}"""
_DRAWN = """() => {
  for (const code of document.querySelectorAll("[data-drawn]")) {
    code.firstChild.data = code.dataset.drawn;
    delete code.dataset.drawn;
  }
}"""

# Whatever sticks out of the window, unless something around it scrolls or cuts.
_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const found = [];
  const { scrollWidth } = document.scrollingElement;
  if (scrollWidth > width) found.push(`the page is ${scrollWidth} px wide`);
  const cuts = (element) => {
    for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) {
      if (getComputedStyle(one).overflowX !== "visible") return true;
    }
    return false;
  };
  for (const element of document.body.querySelectorAll("*")) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest(".sr, .skip, svg, canvas, [aria-hidden=true]")) continue;
    const rect = element.getBoundingClientRect();
    if (rect.width === 0 || (rect.right <= width + 1 && rect.left >= -1) || cuts(element)) continue;
    const span = `from ${Math.round(rect.left)} to ${Math.round(rect.right)} px`;
    found.push(`${element.localName}.${element.className} ${span}`);
  }
  for (const element of document.body.querySelectorAll("h1, h2, p, button, .tile-text, .name, dd, li")) {
    const style = getComputedStyle(element);
    if (style.overflowX === "visible" || style.textOverflow === "ellipsis" || element.closest(".sr, .skip")) continue;
    if (["auto", "scroll"].includes(style.overflowX) || element.scrollWidth <= element.clientWidth + 1) continue;
    found.push(`${element.localName}.${element.className} cuts its text`);
  }
  return found.slice(0, 6);
}"""

# WCAG 2.2, 2.5.8, and 44 px for answers. Links inside a text are exempt.
_TARGETS = """() => {
  const found = [];
  const all = "button, select, input, a.btn, a.room-card, a.game-card, label.toggle";
  for (const element of document.querySelectorAll(all)) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest(".sr, label.toggle > *")) continue;
    const { width, height } = element.getBoundingClientRect();
    const least = element.classList.contains("tile") ? 44 : 24;
    if (Math.min(width, height) >= least) continue;
    const name = `${element.localName}.${element.className} ${element.dataset.testid ?? ""}`;
    found.push(`${name} ${Math.round(width)}×${Math.round(height)} px`);
  }
  return found;
}"""


class Inspector:
    def __init__(self, blank: Page):
        """- blank: a page without a content policy, where pictures are measured."""
        self._blank, self._axe = blank, Axe()
        self.problems: list[str] = []
        self.screens = 0
        self.texts = 0

    async def look(self, player: Player, name: str) -> None:
        """Dark and light, then narrow and with text twice as large; the page is left as it was."""
        page = player.page
        await player.settles()
        self.screens += 1
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await player.settles()
            results = await self._axe.run(page)
            for violation in results.response["violations"]:
                nodes = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])
                self._note(name, scheme, f"axe {violation['id']}: {violation['help']} ({nodes})")
            texts, low = await low_contrast(page, self._blank)
            self.texts += texts
            for text in low:
                self._note(name, scheme, f"contrast of {text}")
        for target in await page.evaluate(_TARGETS):
            self._note(name, "targets", target)
        await self._stretch(page, name)

    async def _stretch(self, page: Page, name: str) -> None:
        size = page.viewport_size
        assert size is not None
        await page.evaluate(_WIDEST)
        for width, text in ((NARROW, "100%"), (NARROW, "200%"), (size["width"], "200%")):
            # Nobody projects onto a phone with enlarged text.
            if "display" in name and (width, text) == (NARROW, "200%"):
                continue
            await page.set_viewport_size({"width": width, "height": size["height"]})
            await page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", text)
            for element in await page.evaluate(_OVERFLOW):
                self._note(name, f"{width} px, text {text}", element)
        await page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
        await page.set_viewport_size(size)
        await page.evaluate(_DRAWN)

    def _note(self, name: str, where: str, what: str) -> None:
        self.problems.append(f"{name} ({where}): {what}")
