"""TLS to nodes under test."""

import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate nobody vouches for, and its key."""
    files = folder / "tls.pem", folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=127.0.0.1", "-out", files[0], "-keyout", files[1]],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return files


def tls(url: str) -> dict[str, object]:
    """What `create_connection` is told of a node's own certificate, which nobody vouches for; nothing for http."""
    place = urlsplit(url)
    if place.scheme != "https":
        return {}
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {"ssl": context, "server_hostname": place.hostname}
