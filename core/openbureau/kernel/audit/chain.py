"""How a record is digested and a checkpoint signed; needs no database.

The digest of a record is SHA-256 over the previous record's digest and the record's
own columns, so a record cannot be changed, removed or moved without changing every
later digest. Checkpoints are signed with the installation's key, and kept in a file
beside the database as well: without them the end of the chain could be cut off.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

START = "0" * 64

COLUMNS = (
    "id",
    "at",
    "account_id",
    "post_id",
    "unit_id",
    "action",
    "realm",
    "record_id",
    "outcome",
    "detail",
    "request_id",
    "address",
)

_encode = msgspec.json.Encoder().encode
_sha256 = hashlib.sha256


class Checkpoint(msgspec.Struct, frozen=True):
    """The chain's head at one moment; `at` in ms since 1970 (UTC)."""

    seal_id: int
    digest: str
    at: int
    signature: str


def record_digest(previous: str, columns: Sequence[Any]) -> str:
    """The digest of a record given in the order of `COLUMNS`, as 64 hexadecimal digits."""
    return _sha256(previous.encode() + _encode(columns)).hexdigest()


def sign(seal_id: int, digest: str, at: int, key: bytes) -> Checkpoint:
    """A checkpoint signed with HMAC-SHA256."""
    return Checkpoint(seal_id, digest, at, _signature(seal_id, digest, at, key))


def is_genuine(checkpoint: Checkpoint, key: bytes) -> bool:
    """Whether the checkpoint was signed with this key."""
    expected = _signature(checkpoint.seal_id, checkpoint.digest, checkpoint.at, key)
    return hmac.compare_digest(expected, checkpoint.signature)


def _signature(seal_id: int, digest: str, at: int, key: bytes) -> str:
    return hmac.new(key, f"{seal_id}:{digest}:{at}".encode(), hashlib.sha256).hexdigest()
