"""Stored pictures as answers a browser shows in place."""

from pathlib import Path

from starlette.responses import Response

PRIVATE_FOR_A_DAY = "private, max-age=86400"


def picture_answer(path: Path, caching: str) -> Response:
    """A stored picture; `caching` is its Cache-Control."""
    content = path.read_bytes()
    return Response(
        content,
        headers={
            "content-type": _picture_type(content[:12]),
            "cache-control": caching,
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
        },
    )


def _picture_type(head: bytes) -> str:
    if head.startswith(b"\x89PNG"):
        return "image/png"
    if head.startswith(b"GIF8"):
        return "image/gif"
    return "image/webp" if head[8:12] == b"WEBP" else "image/jpeg"
