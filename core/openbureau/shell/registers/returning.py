"""The way back from a record: the list as it was left, at the very row."""

from urllib.parse import quote, urlencode, urlsplit

from openbureau.base.request import Request
from openbureau.kernel.preferences.tabs import tabs_from
from openbureau.kit.registers.addresses import kept_address, plain_address
from openbureau.kit.registers.declared import Register


def list_left(register: Register, request: Request) -> str | None:
    """What the list asked that this page was reached from, as the query part of its address;
    None where nobody came from it. Named by this page's address, by the browser, or by the
    tab of the list; whatever it says, it can only be an address of this list."""
    text = request.query.get("back")
    if text is None:
        came_from = urlsplit(request.headers.get("referer", ""))
        text = came_from.query if came_from.path == register.url else None
    if text is None and request.session is not None:
        tabs = tabs_from(request.session.tabs)
        text = next((tab.url.partition("?")[2] for tab in tabs if tab.path == register.url), None)
    return None if text is None else _plain(register, text)


def list_named(register: Register, request: Request) -> str:
    """What the list asked according to this page's address; "" where it says nothing."""
    return _plain(register, request.query.get("back", ""))


def _plain(register: Register, text: str) -> str:
    return urlencode(plain_address(register, kept_address(register, text)).query.multi_items())


def list_back(register: Register, left: str | None, record_id: int | None = None) -> str:
    """The list as it was left, at a row."""
    row = f"#row-{record_id}" if record_id is not None else ""
    return f"{register.url}{'?' if left else ''}{left or ''}{row}"


def with_back(url: str, left: str | None) -> str:
    """A page about a record that knows the way back to the list."""
    return f"{url}?back={quote(left, safe='')}" if left else url
