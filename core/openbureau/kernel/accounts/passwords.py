"""Passwords of local accounts: argon2id, two at a time, never empty."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# One hash costs about 50 ms and 46 MiB; two at once keep other pages quick.
_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_turn = threading.BoundedSemaphore(2)
MAX_PASSWORD_BYTES = 1024
_NOBODY = (
    "$argon2id$v=19$m=47104,t=1,p=1$"
    "b3BlbmJ1cmVhdS1ub2JvZHk$xEC2c4fS2u8rmBAsn1vRYuC0i7lFJYj0m5oJm5V4o7E"
)


def password_hash(password: str) -> str:
    """An argon2id hash of a password.

    Raises ValueError: the password is empty, longer than 1 KiB or not text.
    """
    with _turn:
        return _hasher.hash(_checked(password))


def is_password(stored: str | None, password: str) -> bool:
    """Whether the password matches; as slow for an unknown account as for a known one."""
    try:
        given = _checked(password)
        with _turn:
            return bool(_hasher.verify(stored or _NOBODY, given)) and stored is not None
    except (VerificationError, InvalidHashError, ValueError):
        return False


def _checked(password: str) -> bytes:
    try:
        encoded = password.encode()
    except UnicodeEncodeError as fault:
        raise ValueError("a password must be text") from fault
    if not encoded or len(encoded) > MAX_PASSWORD_BYTES or b"\0" in encoded:
        raise ValueError("a password has 1 to 1024 bytes and no NUL")
    return encoded
