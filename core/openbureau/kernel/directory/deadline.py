"""One limit over whole conversations with a server, enforced by closing their sockets."""

import contextlib
import os
import socket
import threading
import time


class Fault(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Deadline:
    """One limit over any number of connections. When it passes, their sockets are shut."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(seconds, 0.0), self._close)
        self._timer.daemon = True
        self.is_certificate_refused = False

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._watched:
                watched.close()
            self._watched.clear()

    @property
    def remaining_s(self) -> float:
        """Seconds left. Raises Fault: none are."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise Fault("timed-out")
        return left

    @property
    def has_passed(self) -> bool:
        return time.monotonic() >= self._ends_at

    def watch(self, connected: socket.socket) -> None:
        """Takes a socket into its care, under a second descriptor: the first one is
        replaced when encryption starts, and a handshake can drip as well."""
        with self._lock:
            self._watched.append(socket.socket(fileno=os.dup(connected.fileno())))
        if self.has_passed:
            self._close()

    def _close(self) -> None:
        with self._lock:
            for watched in self._watched:
                with contextlib.suppress(OSError):
                    watched.shutdown(socket.SHUT_RDWR)
