"""What HTML cannot write is left out of a page, and nothing else."""

from openbureau.base.pages import html_bytes


def test_control_characters_are_left_out() -> None:
    data = "甲\x00\x07\x1b\x7f\x80\x9f乙"
    assert html_bytes(data).decode() == "甲乙"


def test_everything_else_is_sent_as_it_is() -> None:
    data = "行\r\n列\t·\xa0é中文𠀀👩‍🔬\u202e"
    assert html_bytes(data).decode() == data
