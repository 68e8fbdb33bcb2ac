"""Proof that a form came from our own page: origin first, then a masked token.

Beside the token a form carries a number of its own, the address of the page that shows
it, and for whom it was made: what somebody typed is theirs also after the session ended.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers

TOKEN_FIELD = "csrf"  # noqa: S105 - the name of a form field
ONCE_FIELD = "once"
FORM_PAGE_FIELD = "form_page"
AUTHOR_FIELD = "form_by"
TECHNICAL_FIELDS = frozenset({TOKEN_FIELD, ONCE_FIELD, FORM_PAGE_FIELD, AUTHOR_FIELD})
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


def authorship(key: bytes, uid: str, once: str) -> str:
    """What the form of this number carries to show that it was made for this account."""
    return f"{uid}.{hmac.digest(key, f'form:{uid}:{once}'.encode(), hashlib.sha256).hex()[:40]}"


def proven_author(key: bytes, once: str, claim: str) -> str:
    """The uid of the account a form was made for; empty when the claim does not hold."""
    uid = claim.partition(".")[0]
    holds = hmac.compare_digest(authorship(key, uid, once).encode(), claim.encode())
    return uid if uid and holds else ""


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
