"""Pages by themselves: paths, heads, policies, the worker that keeps them, languages, and what goes wrong."""

import asyncio
import contextlib
import json
import re
import shutil
import urllib.error
import urllib.request
from html.parser import HTMLParser

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import expect

from harness.node import Node
from harness.places import WEB_CLIENT
from harness.raw import RawBot

from .places import dist
from .player import LAPTOP, PHONE, Player, Stage, together
from .watch import NETWORK, SHIFT_MAX, layout_shift

PATHS = {"/": "home", "/history": "history", "/settings": "settings", "/licences": "licences", "/r/ZZZZZZZ": "room",
         "/r/ZZZZZZZ/display": "display", "/games/00000000-0000-7000-8000-000000000000": "game", "/nowhere": "missing",
         "/admin": "admin"}
SETTINGS = {"title": "Tom & Jerry's <quiz>", "visibility": "public", "questionCount": 3, "answerWindowMs": 20_000,
            "categories": [], "speedPoints": True, "autoAdvance": True}
PLAYERS_MAX = 50

# A file that is not there is no error of the page; the page's own script never causes one.
REFUSED = "Failed to load resource: the server responded with a status of 4"


class Head(HTMLParser):
    """A page's title and its metas by name or property."""

    def __init__(self, text: str):
        super().__init__()
        self.title, self.metas, self._in_title = "", {}, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self._in_title = tag == "title"
        if tag == "meta" and (name := found.get("name") or found.get("property")):
            self.metas[name] = found.get("content", "")

    def handle_endtag(self, tag):
        self._in_title = False

    def handle_data(self, data):
        self.title += data if self._in_title else ""


def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, headers={"Accept": "text/html,*/*"} | headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, {name.lower(): value for name, value in refusal.headers.items()}, refusal.read()


# Without scripts


@pytest.mark.parametrize("path", PATHS)
def test_every_path_names_the_product_without_scripts(node: Node, path: str):
    status, headers, body = fetch(node.url + path)
    assert status == (404 if path == "/nowhere" else 200)
    assert headers["content-type"].startswith("text/html")
    assert "QuizMania" in Head(body.decode()).title, "the head has no title that names the product"
    assert re.search(r"<body.*QuizMania", body.decode(), re.DOTALL)


@pytest.mark.parametrize("path", PATHS)
def test_the_content_policy_is_strict(node: Node, path: str):
    _, headers, body = fetch(node.url + path)
    policy = dict(rule.split(None, 1) for rule in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["font-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'" and policy["trusted-types"] == "quizmania"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert not re.search(r"unsafe-|\*|https?://(?!127\.0\.0\.1)", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    inline = re.search(rb"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", body)
    assert not inline, "code in the page, which the policy blocks"


async def test_a_public_rooms_link_says_what_it_is(node: Node):
    bot = RawBot(node.url, "Tom")
    await bot.connect()
    code = (await bot.call("room:create", settings=SETTINGS))["code"]
    await bot.join(code)
    _, _, body = fetch(f"{node.url}/r/{code}")
    head = Head(body.decode())
    assert head.title.startswith("Tom & Jerry's <quiz>")
    assert head.metas["og:title"] == head.title
    assert code in head.metas["og:description"] == head.metas["description"]
    assert head.metas["og:url"] == f"{node.url}/r/{code}"
    status, headers, picture = fetch(head.metas["og:image"])
    assert status == 200 and headers["content-type"] == "image/png" and picture.startswith(b"\x89PNG")
    assert "robots" not in head.metas

    await bot.call("room:configure", settings=SETTINGS | {"visibility": "unlisted"})
    assert Head(fetch(f"{node.url}/r/{code}")[2].decode()).metas["robots"] == "noindex"

    # A private room's page is that of a room which does not exist.
    await bot.call("room:configure", settings=SETTINGS | {"visibility": "private"}, password="cheese")
    assert fetch(f"{node.url}/r/{code}")[2] == fetch(f"{node.url}/r/ZZZZZZZ")[2]
    await bot.close()


def test_files_are_kept_by_their_names_and_sent_compressed(node: Node):
    _, headers, body = fetch(f"{node.url}/")
    assert headers["cache-control"] == "no-cache" and headers["etag"]
    assert fetch(f"{node.url}/", **{"If-None-Match": headers["etag"]})[0] == 304
    for name in re.findall(r'"(/assets/[^"]+)"', body.decode()):
        status, headers, _ = fetch(node.url + name, **{"Accept-Encoding": "br"})
        assert status == 200 and "immutable" in headers["cache-control"]
        assert headers["content-encoding"] == "br", name
    assert fetch(f"{node.url}/assets/gone-00000000.js", Accept="*/*")[0] == 404


# In the browser


@pytest.mark.limit(120)
async def test_every_path_loads_by_itself_and_stays_where_it_is(stage: Stage):
    ada = await stage.player("Ada", LAPTOP)
    ada.watch.forgive(REFUSED)
    for path, screen in PATHS.items():
        await ada.goes_to(path)
        await expect(ada.page.locator("main")).to_have_attribute("data-screen", screen)
        await expect(ada.page.locator("h1, [role=alert]").first).to_be_visible()
        await expect(ada.page).to_have_title(re.compile("QuizMania"))
        await expect(ada.find("loading")).to_have_count(0)
        score, moves = await layout_shift(ada.page)
        assert score < SHIFT_MAX, f"{path} moved by itself: {moves}"


async def test_links_and_the_back_button_change_screens(stage: Stage):
    ada = await stage.player("Ada", PHONE)
    await ada.goes_to("/")
    documents: list[str] = []
    ada.page.on("request", lambda request: documents.append(request.url) if request.is_navigation_request() else None)
    await ada.act(ada.find("settings-link"))
    await expect(ada.page).to_have_url(re.compile("/settings$"))
    await expect(ada.page.locator("main")).to_be_focused()
    await ada.act(ada.page.locator("footer").get_by_text("Licences"))
    await expect(ada.page.locator("main")).to_have_attribute("data-screen", "licences")
    await ada.page.go_back()
    await expect(ada.page.locator("main")).to_have_attribute("data-screen", "settings")
    await ada.page.go_back()
    await expect(ada.find("create-room")).to_be_visible()
    assert documents == []


async def test_german_is_complete_and_remembered(stage: Stage):
    emmy = await stage.player("Emmy", LAPTOP)
    await emmy.goes_to("/settings")
    await expect(emmy.page.locator("html")).to_have_attribute("lang", "en")
    await emmy.find("pref-language").select_option("de")
    await expect(emmy.page.locator("html")).to_have_attribute("lang", "de")
    emmy.watch.forgive(REFUSED)
    sentences = english_sentences()
    for path in PATHS:
        await emmy.goes_to(path)
        await expect(emmy.page.locator("html")).to_have_attribute("lang", "de")
        await expect(emmy.page.locator("h1, [role=alert]").first).to_be_visible()
        await expect(emmy.find("loading")).to_have_count(0)
        text = await emmy.page.locator("body").inner_text()
        assert not [sentence for sentence in sentences if sentence in text], path
    await emmy.goes_to("/")
    await expect(emmy.find("create-room")).to_have_text("Raum anlegen")
    await emmy.find("nickname-input").fill("Emmy")
    await emmy.act(emmy.find("create-room"))
    await emmy.is_in_lobby()
    text = await emmy.page.locator("body").inner_text()
    assert not [sentence for sentence in sentences if sentence in text]


def english_sentences() -> list[str]:
    """What only an English page says: texts of the catalogue with two words or more, not the same in German."""
    def catalogue(language: str) -> dict[str, str]:
        source = (WEB_CLIENT / "src" / "i18n" / f"{language}.ts").read_text()
        return dict(re.findall(r'^  "([\w.]+)": "([^"{]+)"', source, re.MULTILINE))

    english, german = catalogue("en"), catalogue("de")
    assert len(english) > 100
    return [text for key, text in english.items() if text.count(" ") >= 2 and german.get(key) != text]


# What goes wrong


async def test_doors_that_stay_shut_say_why(stage: Stage, node: Node):
    ada, hedy = await together(stage.player("Ada", LAPTOP), stage.player("Hedy", PHONE))
    for player in (ada, hedy):
        player.watch.forgive(REFUSED)
    error = hedy.find("gate-error")

    async def knocks(code: str, password: str | None = None) -> None:
        await hedy.goes_to(f"/r/{code}")
        if await hedy.page.evaluate("localStorage.getItem('quizmania.session')") is None:
            await hedy.find("nickname-input").fill("Hedy")
            if password is not None:
                await hedy.find("password-input").fill(password)
            await hedy.act(hedy.find("join-button"))
        elif password is not None:
            await hedy.find("password-input").fill(password)
            await hedy.act(hedy.find("join-button"))

    # None of that code; a code too short.
    await knocks("ZZZZZZZ")
    await expect(error).to_contain_text("There is no such room")
    await ada.goes_to("/")
    await ada.find("nickname-input").fill("Ada")
    await ada.find("join-code").fill("ABC")
    await ada.act(ada.find("join-button"))
    await expect(ada.find("home-error")).to_contain_text("7 letters and digits")
    await ada.find("nickname-input").fill("")
    await ada.act(ada.find("create-room"))
    await expect(ada.find("home-error")).to_contain_text("Enter a name")

    # Locked.
    code = await ada.creates_room()
    await ada.act(ada.find("lock-button"))
    await expect(ada.find("locked-tag")).to_be_visible()
    await knocks(code)
    await expect(error).to_contain_text("locked")
    await ada.act(ada.find("lock-button"))
    await expect(ada.find("locked-tag")).to_have_count(0)

    # A password: wrong, then right.
    await ada.configures(visibility="private", password="cheese")
    await knocks(code, "bread")
    await expect(error).to_contain_text("password is missing or wrong")
    await hedy.find("password-input").fill("cheese")
    await hedy.act(hedy.find("join-button"))
    await hedy.is_in_lobby()

    # Removed, and out for good.
    await ada.act(ada.page.get_by_role("button", name="Remove Hedy"))
    await expect(hedy.find("kicked")).to_be_visible()

    # Full.
    bots = [RawBot(node.url, f"Guest {number}") for number in range(PLAYERS_MAX)]
    await together(*(bot.connect() for bot in bots))
    full = (await bots[0].call("room:create", settings=SETTINGS))["code"]
    await together(*(bot.join(full) for bot in bots))
    await knocks(full)
    await expect(error).to_contain_text("full")
    await together(*(bot.close() for bot in bots))


async def test_a_list_that_cannot_be_loaded_can_be_asked_for_again(stage: Stage):
    ada = await stage.player("Ada", LAPTOP)
    ada.watch.forgive(NETWORK)
    await ada.page.route("**/api/rooms", lambda route: route.abort())
    await ada.goes_to("/")
    await expect(ada.find("failed")).to_be_visible()
    await ada.page.unroute("**/api/rooms")
    await ada.act(ada.find("failed").get_by_role("button"))
    await expect(ada.find("failed")).to_have_count(0)


async def test_a_screen_that_cannot_be_drawn_leaves_a_way_out(stage: Stage):
    """A chunk of the page is gone, as after a deployment."""
    ada = await stage.player("Ada", LAPTOP, service_workers="block")
    ada.watch.forgive(f"{NETWORK}|dynamically imported module|blocked by Playwright")
    await ada.goes_to("/")
    await expect(ada.find("create-room")).to_be_visible()
    await ada.page.route("**/assets/**", lambda route: route.abort())
    await ada.page.locator("footer").get_by_text("Licences").click()
    await expect(ada.find("crashed")).to_be_visible()
    await ada.page.unroute("**/assets/**")
    await ada.find("crashed").get_by_role("button").click()
    await expect(ada.page.locator("main")).to_have_attribute("data-screen", "licences")
    await expect(ada.page.locator("h1")).to_have_text("Licences")


# Installed


async def worker_is_ready(player: Player) -> None:
    await player.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)", timeout=20_000)


async def test_it_can_be_installed_and_has_a_page_for_no_network(stage: Stage, node: Node):
    hedy = await stage.player("Hedy", PHONE)
    await hedy.goes_to("/")
    await worker_is_ready(hedy)
    session = await hedy.context.new_cdp_session(hedy.page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    content = json.loads(manifest["data"])
    assert content["name"] == "QuizMania" and content["display"] in ("standalone", "fullscreen")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in content["icons"]}
    for icon in content["icons"]:
        assert fetch(f"{node.url}{icon['src']}")[0] == 200
    errors = await session.send("Page.getInstallabilityErrors")
    # Guests of the browser (every context here) may not install anything; nothing else may stand in the way.
    assert [error["errorId"] for error in errors["installabilityErrors"] if error["errorId"] != "in-incognito"] == []

    hedy.watch.forgive(NETWORK)
    await hedy.goes_to("/history")
    # Its part of the program comes after the document's load; without a network it would never come.
    await expect(hedy.page.locator("main")).to_have_attribute("data-screen", "history")
    await expect(hedy.page.locator("h1")).to_be_visible()
    await hedy.context.set_offline(True)
    await hedy.goes_to("/settings")
    await expect(hedy.page.locator("h1")).to_have_text("You are offline")
    await hedy.context.set_offline(False)
    await hedy.act(hedy.page.get_by_role("link", name="Try again"))
    await expect(hedy.page.locator("main")).to_have_attribute("data-screen", "settings")


async def another_document(player: Player) -> None:
    """Waits until the marked document is gone. Asked from outside: what Playwright puts into the page to wait there is
    code from a string, which the content policy refuses now and then."""
    for _ in range(400):
        with contextlib.suppress(PlaywrightError):  # between two documents
            if await player.page.evaluate("() => globalThis.marked === undefined"):
                return
        await asyncio.sleep(0.05)
    raise TimeoutError("the page was not loaded again")


async def test_a_new_version_waits_until_the_player_takes_it(fragile_stage: Stage, fragile_node: Node, tmp_path):
    ada = await fragile_stage.player("Ada", LAPTOP)
    ada.watch.forgive(NETWORK)
    await ada.goes_to("/")
    await worker_is_ready(ada)
    await ada.goes_to("/settings")
    await expect(ada.find("update-prompt")).to_have_count(0)
    old = await ada.page.evaluate("caches.keys()")

    # The next deployment: the same client, built again.
    folder = tmp_path / "dist"
    shutil.copytree(dist(), folder)
    worker = (folder / "sw.js").read_text()
    build = re.search(r"quizmania-([0-9a-f]{12})", worker)
    assert build, "the worker names no build"
    (folder / "sw.js").write_text(worker.replace(build[1], build[1][::-1]))
    for packed in (folder / "sw.js.br", folder / "sw.js.gz"):
        packed.unlink(missing_ok=True)
    await fragile_node.stop()
    fragile_node.set(web_dir=folder)
    await fragile_node.start()

    await ada.page.reload()
    await expect(ada.find("update-prompt")).to_be_visible()
    marked = await ada.page.evaluate("() => { globalThis.marked = true; return marked; }")
    assert marked, "the page stays until the player says so"
    await ada.act(ada.find("update-prompt").get_by_role("button"))
    await another_document(ada)
    await expect(ada.page.locator("h1")).to_be_visible()
    await expect(ada.find("update-prompt")).to_have_count(0)
    assert await ada.page.evaluate("caches.keys()") != old
