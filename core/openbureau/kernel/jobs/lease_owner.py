"""Which process holds a lease, told precisely enough to see that it is gone."""

import hashlib
import os
import socket
from functools import cache
from pathlib import Path


def _machine() -> str:
    """This machine, boot and process-number space: the same pid elsewhere is another process."""
    parts = [socket.gethostname()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")
    if boot.exists():
        parts.append(boot.read_text("ascii"))
    if space.is_symlink():
        parts.append(str(space.readlink()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _started(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2]
    except OSError:
        return None
    state, *rest = fields.split()
    return None if state in {"Z", "X"} else rest[18]


@cache
def own_name(pid: int | None = None) -> str:
    """The lease owner's name of a process, by default this one: machine, pid, start."""
    pid = pid or os.getpid()
    return f"{_machine()}:{pid}:{_started(pid) or 0}"


def is_gone(name: str) -> bool:
    """Whether the named process ran on this machine and has ended.

    False for another machine's processes and where /proc is missing: their leases
    run out by time.
    """
    machine, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if machine != _machine() or not pid.isdigit() or not Path("/proc/self/stat").exists():
        return False
    return _started(int(pid)) != started
