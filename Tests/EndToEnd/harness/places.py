"""Where things are, and which node is tested."""

import json
import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WEB_CLIENT = ROOT / "Sources" / "WebClient"
QUESTIONS = Path(os.environ.get("QUIZMANIA_QUESTIONS", ROOT / "config" / "questions.json"))
# Artefacts of failed tests; cluster/test keeps them.
OUTPUT = Path(os.environ.get("QUIZMANIA_TEST_OUTPUT", ROOT / "artifacts" / "test"))


@cache
def binary() -> Path:
    """The node under test: QUIZMANIA_BINARY, or the newest build there is."""
    named = os.environ.get("QUIZMANIA_BINARY")
    candidates = [Path(named)] if named else [ROOT / ".build" / kind / "quizmania" for kind in ("release", "debug")]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(f"no node to test: build one (swift build --product quizmania) or set QUIZMANIA_BINARY; "
                            f"looked for {', '.join(map(str, candidates))}")


@cache
def fault_binary() -> Path:
    """A node that obeys QUIZMANIA_FAULT_POINT and QUIZMANIA_MUTATION; such a build is for tests only."""
    return Path(os.environ.get("QUIZMANIA_FAULT_BINARY", binary()))


@cache
def bank() -> dict[str, dict]:
    """The stock questions by their prompt."""
    return {question["prompt"]: question for question in json.loads(QUESTIONS.read_text())["questions"]}
