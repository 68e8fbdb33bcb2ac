"""Waiting for a server of somebody else's to come up."""

import contextlib
import socket
import subprocess
import time

TRY_AGAIN_S = 0.02


def is_listening(
    process: subprocess.Popen[bytes], address: str, port: int, timeout_s: float
) -> bool:
    """Waits until the server accepts connections; False: it ended, or stayed silent."""
    ends_at = time.monotonic() + timeout_s
    while time.monotonic() < ends_at:
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=TRY_AGAIN_S)
            return False
    return False
