"""QR codes (二维码) as vector paths: sharp on paper, readable in every colour scheme."""

from dataclasses import dataclass

import segno

QUIET = 4


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code to draw with the `qr` macro; `size` counts modules with the quiet zone."""

    text: str
    path: str
    size: int


def qr_code(text: str) -> QrCode:
    """The QR code of a text, usually an address of ours; error correction M.

    Raises ValueError: the text is empty or longer than a code can hold (2,331 bytes).
    """
    if not text:
        raise ValueError("a QR code needs a text")
    code = segno.make(text, error="m", micro=False, boost_error=False)
    path = []
    for y, row in enumerate(code.matrix):
        start = None
        for x, module in enumerate([*row, 0]):
            if module and start is None:
                start = x
            elif not module and start is not None:
                path.append(f"M{start + QUIET} {y + QUIET}h{x - start}v1h-{x - start}z")
                start = None
    return QrCode(text, "".join(path), len(code.matrix) + 2 * QUIET)
