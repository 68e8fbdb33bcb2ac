"""Texts as they are kept: without what differs only in how it was typed."""

SCIENTIFIC = r"\d(?:\.\d+)?[eE]\+?\d{2,}"
# What nobody sees: blanks without width, and marks that turn the direction of writing.
UNSEEN = dict.fromkeys(
    map(
        ord,
        "\u200b\u200c\u200d\u2060\ufeff\u061c\u200e\u200f"
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    "",
)
# Full-width digits and letters, brackets, dashes, blanks of every width, and what is unseen.
PLAIN = {
    **UNSEEN,
    **{0xFF10 + n: chr(0x30 + n) for n in range(10)},
    **{0xFF21 + n: chr(0x41 + n) for n in range(26)},
    **{0xFF41 + n: chr(0x61 + n) for n in range(26)},
    **dict.fromkeys(map(ord, "—–－‐‑−"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u3000\t\r\n"), " "),
    ord("（"): "(",
    ord("）"): ")",
}


def plain(text: str) -> str:
    """A line as it is kept: half-width digits and letters, one kind of dash and bracket,
    nothing invisible, single blanks."""
    return " ".join(text.translate(PLAIN).split())
