"""Secrets of this installation, made on first use and kept outside the database."""

import os
import secrets
from pathlib import Path

_LENGTH_BYTES = 32


def key_path(data: Path, name: str) -> Path:
    """Where a secret of this installation is kept."""
    return data / "keys" / f"{name}.key"


def installation_key(data: Path, name: str) -> bytes:
    """The 32-byte secret `keys/<name>.key`; made, readable by its owner only, if absent."""
    path = key_path(data, name)
    if not path.exists():
        _make(path)
    return bytes.fromhex(path.read_text("ascii").strip())


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_LENGTH_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass  # another process was first; its key counts
    finally:
        partial.unlink()
