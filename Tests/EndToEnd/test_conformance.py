"""`quizmania conformance`, the shipped binary: what the public protocol suites ask of it, and an official client's view."""

import asyncio
import contextlib
import json

import aiohttp
import pytest

from harness.places import binary
from harness.ports import free_port

INTERVAL_MS, TIMEOUT_MS = 300, 200


@contextlib.asynccontextmanager
async def serving(suite: str):
    """The suite's server, and an HTTP session."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(binary()), "conformance", "--suite", suite, "--port", str(port),
        "--ping-interval-ms", str(INTERVAL_MS), "--ping-timeout-ms", str(TIMEOUT_MS),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield session
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def texts(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[str]:
    """The next messages that are not pings, which are answered."""
    found: list[str] = []
    while len(found) < count:
        text = await socket.receive_str(timeout=3)
        if text == "2":
            await socket.send_str("3")
        else:
            found.append(text)
    return found


async def test_websocket_echoes_on_any_path():
    async with serving("websocket") as session:
        for path in ("/", "/some/where?else=1"):
            async with session.ws_connect(path, max_msg_size=0) as socket:
                for message in ("", "grüße", "x" * 300_000):
                    await socket.send_str(message)
                    assert await socket.receive_str(timeout=5) == message
                await socket.send_bytes(bytes(range(256)) * 1_000)
                assert await socket.receive_bytes(timeout=5) == bytes(range(256)) * 1_000
        async with session.ws_connect("/", compress=15) as socket:
            assert socket.compress, "permessage-deflate was not agreed on"
            await socket.send_str("again and again " * 100)
            assert await socket.receive_str(timeout=5) == "again and again " * 100


async def test_engineio_polls_upgrades_and_beats():
    async with serving("engineio") as session:
        path = "/engine.io/?EIO=4&transport=polling"
        async with session.get(path) as reply:
            assert reply.status == 200
            hello = json.loads((await reply.text())[1:])
        assert list(hello) == ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]
        assert (hello["upgrades"], hello["pingInterval"], hello["pingTimeout"], hello["maxPayload"]) == (
            ["websocket"], INTERVAL_MS, TIMEOUT_MS, 1_000_000)
        own = f"{path}&sid={hello['sid']}"
        async with session.post(own, data="4hello\x1ebAQIDBA==") as reply:
            assert (reply.status, await reply.text()) == (200, "ok")
        async with session.get(own) as reply:
            assert await reply.text() == "4hello\x1ebAQIDBA=="
        async with session.ws_connect(f"/engine.io/?EIO=4&transport=websocket&sid={hello['sid']}") as socket:
            await socket.send_str("2probe")
            assert await socket.receive_str(timeout=3) == "3probe"
            await socket.send_str("5")
            await socket.send_str("4upgraded")
            assert await texts(socket, 1) == ["4upgraded"]
            async with session.get(own) as reply:
                assert reply.status == 400
            # Without pongs the server gives up, one interval and one timeout after the last one.
            began = asyncio.get_running_loop().time()
            while (await socket.receive(timeout=3)).type == aiohttp.WSMsgType.TEXT:
                pass
            assert asyncio.get_running_loop().time() - began < 1.5
        for query, code in (("transport=polling", 5), ("EIO=4", 0), ("EIO=4&transport=abc", 0),
                            ("EIO=4&transport=polling&sid=unknown", 1)):
            async with session.get(f"/engine.io/?{query}") as reply:
                assert (reply.status, (await reply.json(content_type=None))["code"]) == (400, code)


@pytest.mark.parametrize("auth", [None, {"token": "123"}])
async def test_socketio_tells_auth_echoes_and_acknowledges(auth):
    async with serving("socketio") as session, session.ws_connect("/socket.io/?EIO=4&transport=websocket") as socket:
        await texts(socket, 1)
        shown = json.dumps(auth or {}, separators=(",", ":"))
        for namespace in ("", "/custom,"):
            await socket.send_str(f"40{namespace}{shown if auth else ''}")
            reply, event = await texts(socket, 2)
            connected = json.loads(reply.removeprefix(f"40{namespace}"))
            assert list(connected) == ["sid"]
            assert event == f'42{namespace}["auth",{shown}]'
        await socket.send_str("40/random")
        assert await texts(socket, 1) == ['44/random,{"message":"Invalid namespace"}']
        await socket.send_str('42["message",1,"2",{"3":[true]}]')
        assert await texts(socket, 1) == ['42["message-back",1,"2",{"3":[true]}]']
        await socket.send_str('42456["message-with-ack",1,"2",{"3":[false]}]')
        assert await texts(socket, 1) == ['43456[1,"2",{"3":[false]}]']
        await socket.send_str('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
        await socket.send_bytes(b"\x01\x02")
        await socket.send_bytes(b"\x03")
        assert await texts(socket, 1) == [
            '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]']
        assert (await socket.receive_bytes(timeout=3), await socket.receive_bytes(timeout=3)) == (b"\x01\x02", b"\x03")
        # Leaving one namespace leaves the other.
        await socket.send_str("41/custom,")
        await socket.send_str('42["message","still here"]')
        assert await texts(socket, 1) == ['42["message-back","still here"]']


async def test_socketio_closes_who_never_connects_and_who_sends_what_is_no_packet():
    async with serving("socketio") as session:
        async with session.ws_connect("/socket.io/?EIO=4&transport=websocket") as silent:
            began = asyncio.get_running_loop().time()
            message = await silent.receive(timeout=3)
            while message.type == aiohttp.WSMsgType.TEXT:
                if message.data == "2":
                    await silent.send_str("3")
                message = await silent.receive(timeout=3)
            assert 0.8 < asyncio.get_running_loop().time() - began < 2.5
        for wrong in ("4abc", "42{}", '42abc["message-with-ack",1]'):
            async with session.ws_connect("/socket.io/?EIO=4&transport=websocket") as socket:
                await texts(socket, 1)
                await socket.send_str("40")
                await texts(socket, 2)
                await socket.send_str(wrong)
                with pytest.raises(TypeError):
                    await texts(socket, 1)
