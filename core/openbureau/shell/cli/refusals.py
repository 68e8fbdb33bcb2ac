"""What a screen would say, said to an operator."""

from collections.abc import Iterator
from contextlib import contextmanager

from openbureau.base.errors import OperatorError, Problem
from openbureau.base.i18n import load_catalogues
from openbureau.shell.loading import PACKAGE


@contextmanager
def refusing(code: str = "") -> Iterator[None]:
    """Turns a page's refusal inside the block into one in both languages.

    Raises OperatorError: with this code, or the refusal's own.
    """
    try:
        yield
    except Problem as fault:
        english = load_catalogues([PACKAGE])["en"].gettext(fault.what)
        words = (fault.what, english)
        zh, en = (text % fault.params if fault.params else text for text in words)
        raise OperatorError(
            code or fault.code, f"{zh}没有任何改动。", f"{en} Nothing changed."
        ) from fault
