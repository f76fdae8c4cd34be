"""What a drill needs before it can import anything: a node that is built, and an interpreter with the clients in it.

Only the standard library is used here, so that a drill runs with the system's Python in a fresh clone.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_READY = "QUIZMANIA_DRILL_TOOLS"

OPTIONS = """\
options:
  --rooms N         rooms; --players N of clients each
  --rounds N        how often it is done; --seconds N goes on at least so long
  --outage SECONDS  how long what fails is away, where it comes back
  --seed N          of what is left to chance
  --acknowledged N  answers that have to be acknowledged for the run to count
  --binary FILE     the node, instead of one that is built from this checkout
  --json FILE       where the ledger goes; artifacts/drills/NAME.json when absent
"""


def enter(program: Path, *, fault_node: bool = False) -> None:
    """Goes on in the interpreter that has what drills import; the first time everything is installed and built.

    - fault_node: the node that is for tests only is needed as well.
    """
    if {"-h", "--help"} & set(sys.argv[1:]):
        document = ast.get_docstring(ast.parse(program.read_text())) or ""
        print(f"usage: cluster/drills/{program.name} [options]\n\n{document}\n\n{OPTIONS}", end="")
        raise SystemExit(0)
    if os.environ.get(_READY) == "yes":
        return
    environment = dict(os.environ)
    for position, argument in enumerate(sys.argv):
        if argument == "--binary" and position + 1 < len(sys.argv):
            environment["QUIZMANIA_BINARY"] = str(Path(sys.argv[position + 1]).resolve())
        elif argument.startswith("--binary="):
            environment["QUIZMANIA_BINARY"] = str(Path(argument.partition("=")[2]).resolve())
    command = [_ROOT / "cluster" / "lib" / "drill-tools", *(["--fault-node"] if fault_node else [])]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    told = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    python = told.pop("PYTHON")
    os.execve(python, [python, *sys.argv], environment | told | {_READY: "yes"})
