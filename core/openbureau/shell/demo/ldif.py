"""The demo bureau as a directory (LDIF, RFC 2849), for tests against a real server.

Units are nested `ou` entries with the unit's code in `destinationIndicator` and its kind
in `businessCategory`; people lie under the unit of their primary post.
"""

import base64
from collections.abc import Iterator

from openbureau.shell.demo.bureau import PASSWORD, Bureau, DemoPerson, Scale, bureau

SUFFIX = "dc=yn,dc=example"


def demo_ldif(scale: Scale, suffix: str = SUFFIX, password: str | None = PASSWORD) -> Iterator[str]:
    """The entries one by one, parents first, each ending in an empty line.

    The suffix entry itself is included. With `password=None` people have none, which a
    server that stores passwords hashed loads faster.
    """
    model = bureau(scale)
    places = unit_dns(model, suffix)
    domain = suffix.split(",", 1)[0].partition("=")[2]
    yield _entry(suffix, {"objectClass": ("top", "domain"), "dc": (domain,)})
    for row in sorted(model.units, key=lambda row: places[row.code].count(",ou=")):
        yield _entry(
            places[row.code],
            {
                "objectClass": ("top", "organizationalUnit"),
                "ou": (row.name,),
                "destinationIndicator": (row.code,),
                "businessCategory": (row.kind,),
            },
        )
    for person in model.people:
        yield _entry(
            f"uid={person.login},{places[person.posts[0].unit]}", _person(person, password)
        )


def unit_dns(model: Bureau, suffix: str = SUFFIX) -> dict[str, str]:
    """The directory name of each unit, by code."""
    rows = {row.code: row for row in model.units}
    places: dict[str, str] = {}

    def place(code: str) -> str:
        if code not in places:
            row = rows[code]
            above = place(row.parent) if row.parent else suffix
            places[code] = f"ou={row.name},{above}"
        return places[code]

    for code in rows:
        place(code)
    return places


def _person(person: DemoPerson, password: str | None) -> dict[str, tuple[str, ...]]:
    attributes = {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson"),
        "uid": (person.login,),
        "cn": (person.name,),
        "sn": (person.name[0],),
        "title": (person.posts[0].title,),
        "telephoneNumber": (person.phone,),
        "mobile": (person.mobile,),
        "mail": (person.mail,),
        "roomNumber": (person.room,),
    }
    if password is not None:
        attributes["userPassword"] = (password,)
    return attributes


def _entry(dn: str, attributes: dict[str, tuple[str, ...]]) -> str:
    lines = [_line("dn", dn)]
    lines += [_line(name, value) for name, values in attributes.items() for value in values]
    return "\n".join(lines) + "\n\n"


def _line(name: str, value: str) -> str:
    if value.isascii() and value.isprintable() and value == value.strip() and value[0] not in ":<":
        return f"{name}: {value}"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"
