"""Firefox over WebDriver BiDi, spoken directly: Playwright drives only its own build of it."""

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import aiohttp

from harness.ports import free_port

from .places import FIREFOX

# Quiet: no updates, no first-run pages, nothing sent home.
_PREFERENCES = {
    "app.update.disabledForTesting": True, "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.startup.homepage_override.mstone": "ignore", "network.captive-portal-service.enabled": False,
    "remote.active-protocols": 1, "intl.accept_languages": "en",
}
_VIOLATIONS = """() => addEventListener("securitypolicyviolation", (event) =>
  console.error(`content policy: ${event.effectiveDirective} blocked ${event.blockedURI}`))"""

ENTER = "\ue007"


class Firefox:
    """One headless Firefox with one tab."""

    def __init__(self) -> None:
        if not os.access(FIREFOX, os.X_OK):
            raise FileNotFoundError(f"{FIREFOX} is missing: apt-get install firefox-esr")
        self.errors: list[str] = []
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict]] = {}
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-firefox-"))

    async def start(self) -> None:
        port = free_port()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
        (self._home / "user.js").write_text("\n".join(lines))
        self._log = (self._home / "firefox.log").open("wb")
        self._process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--profile", self._home, f"--remote-debugging-port={port}",
             "about:blank"],
            env=os.environ | {"HOME": str(self._home), "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "900"},
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        self._web = aiohttp.ClientSession()
        end = time.monotonic() + 60
        while True:
            try:
                self._socket = await self._web.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0)
                break
            except aiohttp.ClientError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise TimeoutError(f"Firefox does not listen: {(self._home / 'firefox.log').read_text()}") from None
                await asyncio.sleep(0.1)
        self._reader = asyncio.create_task(self._read())
        await self.command("session.new", capabilities={})
        await self.command("session.subscribe", events=["log.entryAdded"])
        await self.command("script.addPreloadScript", functionDeclaration=_VIOLATIONS)
        tree = await self.command("browsingContext.getTree")
        self._tab = tree["contexts"][0]["context"]

    async def close(self) -> None:
        self._reader.cancel()
        await self._web.close()
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, 20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    async def _read(self) -> None:
        async for message in self._socket:
            content = json.loads(message.data)
            if content["type"] == "event":
                entry = content["params"]
                if entry.get("level") in ("error", "warn"):
                    self.errors.append(f"{entry['level']}: {entry.get('text')}")
            elif waiting := self._answers.pop(content.get("id"), None):
                waiting.set_result(content)

    async def command(self, method: str, **parameters: object) -> dict:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self._answers[number], 60)
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    # What a player does and sees

    async def goes_to(self, url: str) -> None:
        await self.command("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    async def evaluate(self, expression: str) -> object:
        """The value of an expression, or of the promise it is."""
        result = await self.command(
            "script.evaluate", target={"context": self._tab}, awaitPromise=True,
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))")
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    async def until(self, expression: str, seconds: float = 20) -> object:
        """Waits until an expression is true, and returns it."""
        found = await self.evaluate(f"""new Promise((resolve) => {{
          const end = performance.now() + {seconds * 1000};
          const look = () => {{
            const value = {expression};
            if (value || performance.now() > end) resolve(value || null);
            else setTimeout(look, 30);
          }};
          look();
        }})""")
        if not found:
            text = await self.evaluate("document.body.innerText.slice(0, 400)")
            raise TimeoutError(f"waited {seconds} s for {expression}; the page says: {text}")
        return found

    async def focuses(self, test_id: str) -> None:
        await self.until(f'(() => {{ const one = document.querySelector(\'[data-testid="{test_id}"]:not(:disabled)\');'
                         ' one?.focus(); return one !== null && document.activeElement === one; })()')

    async def taps(self, test_id: str) -> None:
        """A finger on a button; keys press none in a window that is never in front, as a headless one."""
        x, y = await self.until(f"""(() => {{
          const one = document.querySelector('[data-testid="{test_id}"]:not(:disabled)');
          one?.scrollIntoView({{ block: "center", behavior: "instant" }});
          const box = one?.getBoundingClientRect();
          return box && [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
        }})()""")
        finger = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0},
                  {"type": "pointerUp", "button": 0}]
        await self.command("input.performActions", context=self._tab, actions=[
            {"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": finger}])

    async def types(self, text: str) -> None:
        """Real key events, wherever the focus is."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        await self.command("input.performActions", context=self._tab,
                           actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    async def shot(self, file: Path) -> None:
        picture = await self.command("browsingContext.captureScreenshot", context=self._tab)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(picture["data"]))
