"""Ports of this machine that servers of a home listen on. No Django."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

from itfm.embedded import processes

PORTS: Final = range(20_000, 32_000)
"""Below the ports that systems hand out by themselves, so that a restart finds its port free."""


def usual_port(file: Path) -> int:
    """Return the port that a file records when it is free, else another one, which the caller is to record."""
    port = processes.recorded_number(file)
    while not is_free(port):
        port = random.choice(PORTS)  # noqa: S311 - spreads load, guards nothing
    return port


def is_free(port: int) -> bool:
    """Return whether nobody listens on a loopback port; false for 0, which is none."""
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
