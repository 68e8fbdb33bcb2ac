"""Units and people of the demo bureau as plain values, before anything is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from random import Random
from typing import Literal

from openbureau.base.i18n import N_
from openbureau.kernel.units.names import person_pinyin
from openbureau.kernel.units.unit_list import UnitRow, read_unit_list
from openbureau.shell.demo.names import invented_name
from openbureau.shell.demo.staffing import TOTALS, Position, positions, unit_sizes

Scale = Literal["small", "full"]
PASSWORD = "openbureau-demo"  # noqa: S105 - printed on the sign-in block of every demo
SEED = 20261123
ROOT = "530000"
SMALL = "530100"

_AREA_CODES = {
    "5301": "0871",
    "5303": "0874",
    "5304": "0877",
    "5305": "0875",
    "5306": "0870",
    "5307": "0888",
    "5308": "0879",
    "5309": "0883",
    "5323": "0878",
    "5325": "0873",
    "5326": "0876",
    "5328": "0691",
    "5329": "0872",
    "5331": "0692",
    "5333": "0886",
    "5334": "0887",
}


@dataclass(frozen=True, slots=True)
class DemoPost:
    """A post by the code of its unit."""

    unit: str
    title: str
    rank: int
    is_leader: bool = False


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An invented person; the first post is the primary one."""

    login: str
    name: str
    pinyin: str
    initials: str
    posts: tuple[DemoPost, ...]
    phone: str
    mobile: str
    mail: str
    room: str
    administrator: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A sign-in printed when the demo starts. `unit` is a code."""

    role: str
    login: str
    name: str
    unit: str
    title: str
    administrator: str | None = None


# The first person of that unit with that title carries the sample's name.
SAMPLES = (
    Sample(N_("省局工作人员"), "lizhihua", "李志华", "530000-01", "主任科员"),
    Sample(N_("州市局领导"), "wangwensong", "王文松", "530100", "局长"),
    Sample(N_("县局工作人员"), "zhangxiaomei", "张晓梅", "530102", "科员"),
    Sample(N_("系统管理员"), "system", "赵永顺", "530000-11", "系统管理员", "system"),
    Sample(N_("安全管理员"), "security", "周惠宁", "530000-11", "安全管理员", "security"),
    Sample(N_("审计管理员"), "audit", "马正良", "530000-11", "审计管理员", "audit"),
)


@dataclass(frozen=True, slots=True)
class Bureau:
    """Everything the demo consists of, in official order."""

    units: tuple[UnitRow, ...]
    people: tuple[DemoPerson, ...]


@cache
def bureau(scale: Scale) -> Bureau:
    """The demo bureau: 3,200 people in 163 units and 12 sections, or 420 of them (省局 and the
    prefecture of 昆明). Three administrators come on top. The same at every call."""
    rng = Random(SEED)  # noqa: S311 - invented people need no secrecy
    rows = _units(scale)
    sizes = unit_sizes(rng, rows, TOTALS[scale])
    people: list[DemoPerson] = []
    logins: Counter[str] = Counter(sample.login for sample in SAMPLES)
    for row in rows:
        wanted = [sample for sample in SAMPLES if sample.unit == row.code]
        for position in positions(rng, row.kind, sizes[row.code]):
            sample = _taken(wanted, position)
            people.append(_person(rng, row, position, sample, logins))
    people = _with_second_posts(rng, rows, people)
    people += [_administrator(rng, rows, sample) for sample in SAMPLES if sample.administrator]
    return Bureau(rows, tuple(people))


@cache
def unit_names() -> dict[str, str]:
    """The name of each unit of the demo by code; a section's follows that of its unit."""
    rows = {row.code: row for row in _units("full")}
    return {
        row.code: f"{rows[row.parent].short_name}{row.name}" if row.kind == "office" else row.name
        for row in rows.values()
    }


@cache
def _units(scale: Scale) -> tuple[UnitRow, ...]:
    with as_file(files("openbureau.shell.demo") / "units.csv") as path:
        rows = read_unit_list(path)
    if scale == "full":
        return tuple(rows)
    return tuple(
        row
        for row in rows
        if row.code == ROOT or row.kind == "office" or SMALL in {row.code, row.parent}
    )


def _taken(wanted: list[Sample], position: Position) -> Sample | None:
    for sample in wanted:
        if sample.title == position.title and not sample.administrator:
            wanted.remove(sample)
            return sample
    return None


def _person(
    rng: Random, row: UnitRow, position: Position, sample: Sample | None, logins: Counter[str]
) -> DemoPerson:
    name = invented_name(rng, row.region[:4])
    phone, mobile, room = _reachable(rng, row)
    if sample is not None:
        name = sample.name
    pinyin, initials = person_pinyin(name)
    login = sample.login if sample else _login(pinyin, logins)
    return DemoPerson(
        login=login,
        name=name,
        pinyin=pinyin,
        initials=initials,
        posts=(DemoPost(row.code, position.title, position.rank, position.is_leader),),
        phone=phone,
        mobile=mobile,
        mail=f"{login}@yn.example",
        room=room,
    )


def _administrator(rng: Random, rows: Sequence[UnitRow], sample: Sample) -> DemoPerson:
    row = next(row for row in rows if row.code == sample.unit)
    phone, mobile, room = _reachable(rng, row)
    return DemoPerson(
        sample.login,
        sample.name,
        *person_pinyin(sample.name),
        posts=(DemoPost(sample.unit, sample.title, 90),),
        phone=phone,
        mobile=mobile,
        mail=f"{sample.login}@yn.example",
        room=room,
        administrator=sample.administrator,
    )


def _login(pinyin: str, logins: Counter[str]) -> str:
    logins[pinyin] += 1
    return pinyin if logins[pinyin] == 1 else f"{pinyin}{logins[pinyin]}"


def _reachable(rng: Random, row: UnitRow) -> tuple[str, str, str]:
    # No subscriber number begins with 0 and no mobile one with 100: nobody is rung up.
    area = _AREA_CODES.get(row.region[:4], "0871")
    phone = f"{area}-0{rng.randrange(10**6):06d}"
    mobile = f"100{rng.randrange(10**8):08d}"
    floors = 12 if row.kind in {"province", "office"} else 4
    return phone, mobile, f"{rng.randint(1, floors)}{rng.randint(1, 24):02d}"


def _with_second_posts(
    rng: Random, rows: Sequence[UnitRow], people: Sequence[DemoPerson]
) -> list[DemoPerson]:
    """Deputies lead a zone beside their post, and some clerks are lent to the bureau above."""
    rows_by_code = {row.code: row for row in rows}
    leaderless = [row for row in rows if row.kind == "zone"]
    sections = [row.code for row in rows if row.kind == "office"]

    def second_post(post: DemoPost) -> DemoPost | None:
        zone = next((row for row in leaderless if row.parent == post.unit), None)
        if post.title == "副局长" and zone is not None:
            leaderless.remove(zone)
            return DemoPost(zone.code, "分局长（兼）", 9, is_leader=True)
        is_clerk = post.title == "科员" and rows_by_code[post.unit].kind == "county"
        if is_clerk and rng.random() < 0.03:
            return DemoPost(rng.choice(sections), "借调人员", 85)
        return None

    seconds = [second_post(person.posts[0]) for person in people]
    return [
        replace(person, posts=(*person.posts, second)) if second else person
        for person, second in zip(people, seconds, strict=True)
    ]
