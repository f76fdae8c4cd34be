"""Two screenshots side by side, a laptop's and a phone's, as one picture."""

import base64
from pathlib import Path

from playwright.async_api import Browser

BYTES_MAX = 400_000

# Flat colours keep the file small.
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; width: 1200px; height: 600px; background: #14122e; position: relative; overflow: hidden; }
div { position: absolute; box-sizing: border-box; background: #05040f; }
img { display: block; width: 100%; height: 100%; }
.laptop { left: 24px; top: 29px; width: 876px; height: 542px; border: 8px solid #05040f; border-radius: 16px; }
.phone { right: 24px; top: 29px; width: 250px; height: 542px; border: 8px solid #05040f; border-radius: 30px; }
.laptop img { border-radius: 8px; }
.phone img { border-radius: 22px; }
.laptop, .phone { box-shadow: 0 0 0 2px #4a4580; }
</style><div class="laptop"><img src="data:image/png;base64,LAPTOP"></div>
<div class="phone"><img src="data:image/png;base64,PHONE"></div>"""


async def compose(browser: Browser, laptop: Path, phone: Path, to: Path) -> int:
    """Draws the picture and returns its size in bytes."""
    def encoded(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode()

    page = await browser.new_page(viewport={"width": 1200, "height": 600})
    await page.set_content(_PAGE.replace("LAPTOP", encoded(laptop)).replace("PHONE", encoded(phone)))
    await page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    to.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=to)
    await page.close()
    return to.stat().st_size
