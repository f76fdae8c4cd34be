"""The HTTP API: sessions, rooms, results, documents; and what only operators see."""

import asyncio
import json
import os
import subprocess
import sys

import aiohttp
import pytest

from harness.figures import figure
from harness.raw import RawBot
from harness.table import Table


class Browser:
    """A session with cookies, as a page has it."""

    def __init__(self, url: str):
        self.url = url
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, method: str, path: str, expected: int = 200, **more: object) -> dict:
        async with self._session.request(method, self.url + path, **more) as response:
            text = await response.text()
            assert response.status == expected, f"{method} {path}: {response.status} {text[:300]}"
            self.headers = response.headers
            answer = json.loads(text) if text else {}
            if expected >= 400:
                assert answer["error"]["code"] and answer["error"]["message"] and "retry" in answer["error"]
            return answer

    async def sign_in(self, nickname: str = "Browser") -> dict:
        return await self.ask("POST", "/api/session/guest", json={"nickname": nickname})

    @property
    def refresh_cookie(self) -> str:
        return next(cookie.value for cookie in self._session.cookie_jar if cookie["httponly"])

    def put_refresh_cookie(self, value: str) -> None:
        name, path = next((cookie.key, cookie["path"]) for cookie in self._session.cookie_jar if cookie["httponly"])
        self._session.cookie_jar.update_cookies({name: value}, response_url=aiohttp.client.URL(self.url + path + "/"))


async def test_a_guest_signs_in_refreshes_and_signs_out(node):
    async with Browser(node.url) as browser:
        first = await browser.sign_in()
        cookies = browser.headers.getall("Set-Cookie")
        assert any("HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/api/session" in cookie
                   for cookie in cookies)
        assert 0 < first["expiresInSeconds"] <= 900
        bearer = {"Authorization": f"Bearer {first['token']}"}
        assert (await browser.ask("GET", "/api/me/games", headers=bearer))["games"] == []
        # A foreign page can make the browser send the cookie, not the header.
        await browser.ask("POST", "/api/session/refresh", 403)
        await browser.ask("POST", "/api/session/refresh", 403, headers={"X-CSRF-Token": "forged"})
        used = browser.refresh_cookie
        second = await browser.ask("POST", "/api/session/refresh", headers={"X-CSRF-Token": first["csrf"]})
        assert second["player"] == first["player"] and browser.refresh_cookie != used
        # A replaced token that comes back was stolen: it and what came of it are worth nothing any more.
        async with Browser(node.url) as thief:
            await thief.ask("POST", "/api/session/refresh", 401, json={"refresh": used})
        await browser.ask("POST", "/api/session/refresh", 401, headers={"X-CSRF-Token": second["csrf"]})

    async with Browser(node.url) as browser:
        session = await browser.sign_in("Leaver")
        bearer = {"Authorization": f"Bearer {session['token']}"}
        await browser.ask("DELETE", "/api/session", 403)
        await browser.ask("DELETE", "/api/session", 204, headers={"X-CSRF-Token": session["csrf"]})
        await asyncio.sleep(0.2)
        await browser.ask("GET", "/api/me/games", 401, headers=bearer)
    async with Browser(node.url) as browser:
        for bad in ("", "Bearer", "Bearer x.y.z", "Basic abc"):
            await browser.ask("GET", "/api/me/games", 401, headers={"Authorization": bad})


async def test_rooms_are_listed_found_and_made(node):
    async with Browser(node.url) as browser:
        session = await browser.sign_in("Maker")
        bearer = {"Authorization": f"Bearer {session['token']}"}
        settings = {"title": "Listed", "visibility": "public", "questionCount": 1, "answerWindowMs": 20000,
                    "categories": [], "speedPoints": True, "autoAdvance": True}
        await browser.ask("POST", "/api/rooms", 401, json={"settings": settings})
        made = await browser.ask("POST", "/api/rooms", 201, json={"settings": settings}, headers=bearer)
        bot = RawBot(node.url, "Maker", token=session["token"])
        await bot.connect()
        await bot.join(made["code"])
        listed = (await browser.ask("GET", "/api/rooms"))["rooms"]
        assert made["code"] in [room["code"] for room in listed]
        found = await browser.ask("GET", f"/api/rooms/{made['code'].lower()}")
        assert found["title"] == "Listed" and found["players"] == 1
        private = await browser.ask("POST", "/api/rooms", 201, headers=bearer, json={
            "settings": settings | {"visibility": "private"}, "password": "hidden"})
        secret = await browser.ask("GET", f"/api/rooms/{private['code']}", 404)
        absent = await browser.ask("GET", "/api/rooms/2222222", 404)
        assert secret == absent
        assert private["code"] not in [room["code"] for room in (await browser.ask("GET", "/api/rooms"))["rooms"]]
        await browser.ask("POST", "/api/rooms", 400, json={"settings": settings | {"questionCount": 0}}, headers=bearer)
        await browser.ask("POST", "/api/rooms", 400, data=b"{", headers=bearer | {"Content-Type": "application/json"})
        await bot.call("room:close")
        await bot.close()


async def test_results_and_history_are_for_those_who_played(node):
    bots = [RawBot(node.url, f"Historian {number}") for number in range(3)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=2, title="For the books")
    over = await table.play()
    signed = await bots[2].event("game:signed")
    async with Browser(node.url) as browser:
        bearer = {"Authorization": f"Bearer {bots[2].token}"}
        result = await browser.ask("GET", f"/api/games/{over['game']}", headers=bearer)
        assert result["entries"] == over["entries"] and result["title"] == "For the books"
        assert {name: result[name] for name in ("chain", "signature", "key", "inputs")} == \
            {name: signed[name] for name in ("chain", "signature", "key", "inputs")}
        history = (await browser.ask("GET", "/api/me/games", headers=bearer))["games"]
        mine = next(entry for entry in over["entries"] if entry["player"] == bots[2].player)
        assert [(game["game"], game["score"], game["rank"]) for game in history] == \
            [(over["game"], mine["score"], mine["rank"])]
        stranger = await browser.sign_in("Stranger")
        bearer = {"Authorization": f"Bearer {stranger['token']}"}
        await browser.ask("GET", f"/api/games/{over['game']}", 404, headers=bearer)
        await browser.ask("GET", "/api/games/nonsense", 404, headers=bearer)
    await table.close()


async def test_an_edited_journal_is_found_out(make_node):
    """`quizmania replay` says so when one byte was changed."""
    node = make_node()
    await node.start()
    bots = [RawBot(node.url, f"Honest {number}") for number in range(2)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=1)
    over = await table.play()
    await bots[0].event("game:signed")
    await table.close()
    assert node.command("replay", over["game"]).returncode == 0
    with node.postgres.connect(node.database) as connection:
        connection.execute(
            "UPDATE room_journal SET payload = set_byte(payload, octet_length(payload) - 1,"
            " get_byte(payload, octet_length(payload) - 1) # 1) WHERE (room, number) ="
            " (SELECT room, number FROM room_journal ORDER BY octet_length(payload) DESC LIMIT 1)")
    edited = node.command("replay", over["game"])
    assert edited.returncode != 0 and "FAULT" in edited.stdout, edited.stdout + edited.stderr
    await node.stop()


async def test_metrics_and_logs_are_for_operators(make_node):
    node = make_node()
    await node.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{node.metrics_port}/metrics") as response:
            text = await response.text()
            assert response.status == 200 and "# TYPE quizmania_" in text
        async with session.get(f"{node.url}/metrics") as response:
            assert "quizmania_room" not in await response.text()
        for path in ("/health/live", "/health/ready"):
            async with session.get(node.url + path) as response:
                assert response.status == 200 and (await response.json())["status"] == "ok"
    await node.stop()
    lines = node.log().splitlines()
    assert len(lines) > 3
    for line in lines:
        entry = json.loads(line)
        assert {"time", "level", "message"} <= set(entry), line


@pytest.mark.limit(240)
async def test_fuzzing_from_its_own_document_finds_nothing(make_node, tmp_path):
    """No 5xx and no answer the OpenAPI document does not know: as nobody, as a player, as an operator."""
    node = make_node()
    await node.start()
    async with Browser(node.url) as browser:
        token = (await browser.sign_in("Fuzzer"))["token"]
        document = await browser.ask("GET", "/api/openapi.json")
    assert document["openapi"].startswith("3.1")
    for who, shown in (("nobody", None), ("a player", token), ("an operator", node.admin_token)):
        headers = ["--header", f"Authorization: Bearer {shown}"] if shown else []
        done = await asyncio.create_subprocess_exec(
            os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"{node.url}/api/openapi.json",
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
            # One worker: parsing code in several threads breaks some releases of Python 3.11.
            "response_headers_conformance", "--max-examples", "30", "--seed", "1", "--phases",
            "examples,coverage,fuzzing", "--generation-database", "none", "--request-timeout", "10", "--no-color",
            *headers, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=tmp_path)
        output = (await done.communicate())[0].decode()
        assert done.returncode == 0, output[-20_000:]
        summary = [line.strip() for line in output.splitlines() if "generated" in line or "passed" in line]
        figure(f"fuzzing as {who}", "; ".join(summary[-2:]))
    assert node.is_running
    await node.stop()
    assert not node.problems(), node.problems()[:10]
