"""Proof that a form came from our own page: origin first, then a masked token."""

import base64
import binascii
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers

TOKEN_FIELD = "csrf"  # noqa: S105 - the name of a form field
ONCE_FIELD = "once"
_SIZE = 20


def masked_token(key: bytes, bound_to: str) -> str:
    """A token for one response, different each time so that compression reveals nothing."""
    mask = secrets.token_bytes(_SIZE)
    return base64.urlsafe_b64encode(mask + _xor(mask, _expected(key, bound_to))).decode()


def is_valid_token(key: bytes, bound_to: str, token: str) -> bool:
    """Whether a token was made for the same session with the same key."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return False
    if len(raw) != 2 * _SIZE:
        return False
    return hmac.compare_digest(_xor(raw[:_SIZE], raw[_SIZE:]), _expected(key, bound_to))


def is_same_origin(headers: Headers) -> bool:
    """False when the browser says that another site sent the request.

    Old kernels and scripts send neither header; they pass here and need the token.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    return origin in {None, "null"} or urlsplit(origin or "").netloc == headers.get("host")


def _expected(key: bytes, bound_to: str) -> bytes:
    return hmac.digest(key, b"csrf:" + bound_to.encode(), hashlib.sha256)[:_SIZE]


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(_SIZE)
