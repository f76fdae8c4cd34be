"""Free TCP ports below the range from which the kernel takes those of outgoing connections."""

import errno
import random
import socket

# The UDP ports of the same numbers, held for as long as this process lives. So other processes that run tests see that a
# port is given, also while the node that listens on it is dead.
_claims: list[socket.socket] = []


def free_port() -> int:
    """A TCP port nobody listens on, and that no call has given to a program that still runs."""
    for _ in range(500):
        port = random.randrange(20_000, 32_000)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError as problem:
            claim.close()
            if problem.errno != errno.EADDRINUSE:
                raise
            continue
        _claims.append(claim)
        return port
    raise OSError("no free TCP port between 20000 and 31999: stop some of the programs that listen there")
