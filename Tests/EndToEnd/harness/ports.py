"""Free TCP ports below the range from which the kernel takes those of outgoing connections."""

import random
import socket

_given: set[int] = set()


def free_port() -> int:
    """A port nobody listens on and no earlier call has given."""
    for _ in range(500):
        port = random.randrange(20_000, 32_000)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise OSError("no free TCP port between 20000 and 31999: stop some of the programs that listen there")
