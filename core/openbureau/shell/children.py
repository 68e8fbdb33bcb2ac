"""A child process that never outlives its parent."""

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "OPENBUREAU_PARENT"
_SET_DEATH_SIGNAL = 1
_POLL_S = 1.0


def die_with_parent() -> None:
    """Asks for SIGTERM when the process that set `OPENBUREAU_PARENT` ends.

    Does nothing in a process started on its own.
    """
    parent = os.environ.get(PARENT, "")
    if not parent.isdigit():
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)
    else:
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()
    if os.getppid() != int(parent):  # it ended before the request was made
        sys.exit(0)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
