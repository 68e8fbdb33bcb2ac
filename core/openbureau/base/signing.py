"""Signatures that anybody can check with the public key alone (Ed25519, RFC 8032)."""

import importlib
from functools import cache
from typing import Any


def public_key(seed: bytes) -> bytes:
    """The 32-byte public key of a 32-byte secret."""
    key: Any = _library().Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return bytes(key.public_bytes_raw())


def signature(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature of a message."""
    signed: bytes = _library().Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    return signed


def is_signed(public: bytes, signed: bytes, message: bytes) -> bool:
    """Whether the message was signed with the secret of this public key."""
    try:
        _library().Ed25519PublicKey.from_public_bytes(public).verify(signed, message)
    except Exception as fault:
        if type(fault).__name__ in {"InvalidSignature", "ValueError"}:
            return False
        raise
    return True


@cache
def _library() -> Any:
    # 9 MiB and 35 ms: loaded by what signs or checks, not by every web process.
    return importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
