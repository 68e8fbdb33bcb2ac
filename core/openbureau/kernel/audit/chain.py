"""How a record is digested and a checkpoint signed; needs no database.

The digest of a record is SHA-256 over the previous record's digest and the record's
own columns, so a record cannot be changed, removed or moved without changing every
later digest. Checkpoints are numbered from 1 and signed (Ed25519) with the installation's
key, so none can be left out; the newest is kept outside the database as well: without it
the end of the chain could be cut off.

Checkpoints of earlier releases are signed with HMAC-SHA256 and have no number. They come
before all others and can be checked only by who has the secret key.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from openbureau.base.signing import is_signed, public_key, signature

START = "0" * 64
SCHEME = "ed25519"

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

_FORMER = re.compile("[0-9a-f]{64}")
_encode = msgspec.json.Encoder().encode
_sha256 = hashlib.sha256


class Checkpoint(msgspec.Struct, frozen=True):
    """The chain's head at one moment; `at` in ms since 1970 (UTC).

    `signature` is `ed25519:<number>:<128 hexadecimal digits>`, or 64 digits of HMAC.
    """

    seal_id: int
    digest: str
    at: int
    signature: str

    @property
    def number(self) -> int | None:
        """Which checkpoint of the installation it is; None for those of earlier releases."""
        scheme, _, rest = self.signature.partition(":")
        number = rest.partition(":")[0]
        is_numbered = scheme == SCHEME and number.isascii() and number.isdigit()
        return int(number) if is_numbered else None


@dataclass(frozen=True, slots=True)
class Keys:
    """What checkpoints are checked with. `secret` checks those of earlier releases too."""

    public: bytes | None = None
    secret: bytes | None = None

    @classmethod
    def of_secret(cls, secret: bytes | None) -> "Keys":
        """Everything that follows from the installation's key; nothing without one."""
        return cls() if secret is None else cls(public_key(secret), secret)


def record_digest(previous: str, columns: Sequence[Any]) -> str:
    """The digest of a record given in the order of `COLUMNS`, as 64 hexadecimal digits."""
    return _sha256(previous.encode() + _encode(columns)).hexdigest()


def sign(seal_id: int, digest: str, at: int, secret: bytes, number: int) -> Checkpoint:
    """The checkpoint of this number, signed."""
    signed = signature(secret, _message(number, seal_id, digest, at))
    return Checkpoint(seal_id, digest, at, f"{SCHEME}:{number}:{signed.hex()}")


def is_genuine(checkpoint: Checkpoint, keys: Keys) -> bool | None:
    """Whether this installation signed the checkpoint; None where the key for it is missing."""
    number = checkpoint.number
    if number is None:
        if not _FORMER.fullmatch(checkpoint.signature):
            return False
        if keys.secret is None:
            return None
        return hmac.compare_digest(_former_signature(checkpoint, keys.secret), checkpoint.signature)
    if keys.public is None:
        return None
    try:
        signed = bytes.fromhex(checkpoint.signature.rpartition(":")[2])
    except ValueError:
        return False
    message = _message(number, checkpoint.seal_id, checkpoint.digest, checkpoint.at)
    is_spelled = checkpoint.signature == f"{SCHEME}:{number}:{signed.hex()}"
    return is_spelled and is_signed(keys.public, signed, message)


def _message(number: int, seal_id: int, digest: str, at: int) -> bytes:
    return f"openbureau audit checkpoint\n{number}\n{seal_id}\n{digest}\n{at}".encode()


def _former_signature(checkpoint: Checkpoint, secret: bytes) -> str:
    text = f"{checkpoint.seal_id}:{checkpoint.digest}:{checkpoint.at}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
