"""Passwords of local accounts: argon2id, two at a time, never empty."""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# One hash costs about 50 ms and 46 MiB; two at once keep other pages quick.
_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
# For passwords nobody chose: 55 random bits need no slow hash, and a thousand slips would
# take a minute with one.
_quick_hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
_turn = threading.BoundedSemaphore(2)
MAX_PASSWORD_BYTES = 1024
INITIAL_GROUPS = 3
# Without what is mistaken for something else on paper: 0 o, 1 l i, 5 s, 2 z, u v.
_LETTERS = "abcdefghjkmnpqrtwxy"
_DIGITS = "346789"
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


def initial_password() -> str:
    """A random password to hand over on paper, such as `kq7m-w4xr-9hpt`: 55 bits, letters
    and digits in it."""
    letters = _LETTERS + _DIGITS
    while True:
        groups = ["".join(secrets.choice(letters) for _ in "1234") for _ in range(INITIAL_GROUPS)]
        password = "-".join(groups)
        if set(password) & set(_DIGITS) and set(password) & set(_LETTERS):
            return password


def initial_hash(password: str) -> str:
    """The hash of a password `initial_password` made; about a millisecond."""
    return _quick_hasher.hash(_checked(password))


def is_password(stored: str | None, password: str) -> bool:
    """Whether the password matches; as slow for an unknown account as for a known one."""
    try:
        given = _checked(password)
        with _turn:
            if stored is None or _hasher.check_needs_rehash(stored):
                _spend(given)
            return stored is not None and bool(_hasher.verify(stored, given))
    except (VerificationError, InvalidHashError, ValueError):
        return False


def _spend(given: bytes) -> None:
    """As long as a real comparison takes, without one."""
    try:
        _hasher.verify(_NOBODY, given)
    except VerificationError:
        return


def _checked(password: str) -> bytes:
    try:
        encoded = password.encode()
    except UnicodeEncodeError as fault:
        raise ValueError("a password must be text") from fault
    if not encoded or len(encoded) > MAX_PASSWORD_BYTES or b"\0" in encoded:
        raise ValueError("a password has 1 to 1024 bytes and no NUL")
    return encoded
