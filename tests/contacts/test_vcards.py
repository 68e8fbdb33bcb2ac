"""vCards: folded, escaped, readable by old and new telephones."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from openbureau.kernel.accounts.vcards import FOLD_BYTES, Card, vcards

UID = uuid.UUID(int=7).hex
LI = Card(UID, "李志华", ["云南省质量技术监督局", "办公室"], "主任科员", "0871-6315", "13800000001",
          "li@example.cn", "301")  # fmt: skip


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_a_new_card_holds_everything() -> None:
    lines = unfolded(vcards([LI]))
    assert lines[:3] == ["BEGIN:VCARD", "VERSION:4.0", f"UID:urn:uuid:{uuid.UUID(int=7)}"]
    assert "FN:李志华" in lines
    assert "ORG:云南省质量技术监督局;办公室" in lines
    assert 'TEL;VALUE=uri;TYPE="work,voice":tel:0871-6315' in lines
    assert "TEL;VALUE=uri;TYPE=cell:tel:13800000001" in lines
    assert lines[-2:] == ["END:VCARD", ""]


def test_an_old_card_has_plain_numbers() -> None:
    lines = unfolded(vcards([LI], "3.0"))
    assert "VERSION:3.0" in lines
    assert "TEL;TYPE=work,voice:0871-6315" in lines
    assert "N:李志华;;;;" in lines


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=200))
def test_no_line_is_too_long_and_no_text_escapes_its_place(name: str) -> None:
    text = vcards([Card(UID, name, [name], name, "", "", "", name)])
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= FOLD_BYTES for line in lines)
    whole = unfolded(text)
    assert sum(line == "END:VCARD" for line in whole) == 1
    assert len(whole) == 10


def test_line_ends_and_separators_in_values_are_escaped() -> None:
    card = Card(UID, "a;b,c\\d\nEND:VCARD", [], "", "", "", "", "")
    assert "FN:a\\;b\\,c\\\\d\\nEND:VCARD" in unfolded(vcards([card]))
