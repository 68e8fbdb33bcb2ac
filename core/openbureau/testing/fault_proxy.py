"""A TCP proxy that misbehaves on demand, to stand before a real server."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Literal

Mode = Literal["pass", "hang", "cut", "drip", "hold", "refuse", "reset"]

DRIP_INTERVAL_S = 0.5
CHUNK_BYTES = 16384


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the server's answers.

    `hang` accepts and stays silent; `cut` closes after `after_bytes` of answer; `drip`
    passes `after_bytes` and then one byte per half second; `hold` passes `after_bytes`,
    sets `is_held` and waits for `resume`; `refuse` closes at once;
    `reset` aborts at the first request. `swap` replaces bytes by others of the same
    length in everything the server says.
    """

    mode: Mode = "pass"
    after_bytes: int = 0
    swap: tuple[bytes, bytes] | None = None


def _swapped(chunk: bytes, old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """The chunk with every `old` replaced, and the end that may begin another one."""
    tail = next((n for n in range(len(old) - 1, 0, -1) if chunk.endswith(old[:n])), 0)
    return chunk[: len(chunk) - tail].replace(old, new), chunk[len(chunk) - tail :]


class FaultProxy:
    """Listens on `port` of this machine and passes on to `target_port`.

    `fault` may be changed at any time; connections accepted afterwards obey it.
    """

    def __init__(self, target_port: int, fault: Fault | None = None) -> None:
        self._target_port = target_port
        self.fault = fault or Fault()
        self.accepted = 0
        self.received = bytearray()
        self.is_held = threading.Event()
        self.resume = threading.Event()
        self._is_over = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._is_over.set()
        self.resume.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            remaining = list(self._open)
        for each in remaining:
            self._close(each)
        self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        """The plain directory address of the proxy."""
        return f"ldap://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._keep(client)
            if self.fault.mode == "refuse":
                self._close(client)
            else:
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        fault = self.fault
        try:
            if fault.mode in {"hang", "reset"}:
                self.received += client.recv(CHUNK_BYTES)
                if fault.mode == "reset":
                    # Linger zero: closing sends a reset instead of an ordinary end.
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    self._is_over.wait()
                return
            server = socket.create_connection(("127.0.0.1", self._target_port), 5)
            self._keep(server)
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            self._answers(server, client, fault)
        except OSError:
            return
        finally:
            self._close(client)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := client.recv(CHUNK_BYTES):
                self.received += chunk
                server.sendall(chunk)
        self._close(server)

    def _answers(self, server: socket.socket, client: socket.socket, fault: Fault) -> None:
        passed = 0
        kept = b""
        while chunk := server.recv(CHUNK_BYTES):
            if fault.swap:
                chunk, kept = _swapped(kept + chunk, *fault.swap)
            if fault.mode == "pass" or passed + len(chunk) <= fault.after_bytes:
                client.sendall(chunk)
                passed += len(chunk)
                continue
            head = max(fault.after_bytes - passed, 0)
            client.sendall(chunk[:head])
            passed += head
            if fault.mode == "cut":
                return
            if fault.mode == "hold":
                self.is_held.set()
                self.resume.wait()
                client.sendall(chunk[head:])
                passed += len(chunk) - head
                fault = Fault()
                continue
            for position in range(head, len(chunk)):
                if self._is_over.wait(DRIP_INTERVAL_S):
                    return
                client.sendall(chunk[position : position + 1])

    def _keep(self, each: socket.socket) -> None:
        with self._lock:
            self._open.add(each)

    def _close(self, each: socket.socket) -> None:
        with self._lock:
            self._open.discard(each)
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
