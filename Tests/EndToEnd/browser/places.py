"""Where the browser tests find things and leave things."""

import os
from pathlib import Path

from harness.places import ROOT, WEB_CLIENT

HERE = Path(__file__).resolve().parent
CHROMIUM = Path(os.environ.get("QUIZMANIA_CHROMIUM", "/usr/bin/chromium"))
FIREFOX = Path(os.environ.get("QUIZMANIA_FIREFOX", "/usr/bin/firefox-esr"))
EXTRA_QUESTIONS = HERE / "questions.json"
ARTIFACTS = ROOT / "artifacts" / "browser"
# The picture of the README; written only when QUIZMANIA_PICTURE is set, because no two games look alike.
PICTURE = ROOT / "Sources" / "quizmania" / "Documentation.docc" / "Resources" / "game.png"

_DIST = Path(os.environ.get("QUIZMANIA_WEB_DIR", WEB_CLIENT / "dist"))


def dist() -> Path:
    """The built web client."""
    assert (_DIST / "index.html").is_file(), f"{_DIST} holds no web client: run Sources/WebClient/build.sh"
    return _DIST


def official_client() -> Path:
    """The official Socket.IO client as its makers ship it; its checksum is part of the web client's set-up."""
    for folder in (_DIST.parent, WEB_CLIENT):
        file = folder / ".vendor" / "socket.io.min.js"
        if file.is_file():
            return file
    raise FileNotFoundError("socket.io.min.js is missing: run Sources/WebClient/setup.sh")
