"""What goes over a page's sockets, as the browser sees it."""

import json
import re

from playwright.async_api import Page, Response, WebSocket


class Handshakes:
    """Every CONNECT reply a page was given: its session is recovered when the private id is the one it had before.

    That is how the official client defines `recovered`; here it is read from the wire, for pages that keep their socket
    to themselves.
    """

    def __init__(self, page: Page):
        self.pids: list[str] = []
        self.transports: list[str] = []
        page.on("websocket", self._socket)
        page.on("response", self._response)

    @property
    def recovered(self) -> list[bool]:
        """One entry for each reconnect."""
        return [before == now for before, now in zip(self.pids, self.pids[1:])]

    def _socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: self._message(str(payload), "websocket"))

    async def _response(self, response: Response) -> None:
        if "transport=polling" not in response.url or response.request.method != "GET":
            return
        try:
            text = await response.text()
        except Exception:  # noqa: BLE001 - the connection went while the answer came
            return
        for message in text.split("\x1e"):
            self._message(message, "polling")

    def _message(self, text: str, transport: str) -> None:
        if re.match(r"40\{", text):
            self.pids.append(json.loads(text[2:]).get("pid", ""))
            self.transports.append(transport)
