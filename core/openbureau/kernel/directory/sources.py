"""Directory sources: where people and units come from, as administrators describe it."""

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping as Pairs
from pathlib import Path
from typing import Any

import msgspec

from openbureau.base.errors import Conflict, Invalid, NotFound
from openbureau.base.i18n import N_
from openbureau.base.sealing import sealed, unsealed
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.client import is_authority, is_filter
from openbureau.kernel.directory.config import DirectoryConfig, address
from openbureau.kernel.directory.deadline import Fault
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.profiles import ONE, SEVERAL, Mapping, ProfileName
from openbureau.kernel.sync.models import GroupRole
from openbureau.kernel.units.models import Unit

CODE = re.compile(r"[a-z][a-z0-9-]{1,29}")
RESERVED = "new"  # where the page of a new source is
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}(;[A-Za-z0-9-]{1,40})*")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_REALM = "core/directory_source"


@dataclasses.dataclass(frozen=True, slots=True)
class Described:
    """What an administrator says about a source.

    `password` None keeps the one there is. `attributes` are attribute names by our field
    (`profiles.SEVERAL` and `ONE`), and under `containers` the names of units that are mere
    drawers. `delta_every_min` 0 and an empty `full_at` (`HH:MM`, China time) mean never.
    """

    code: str
    name: str
    url: str
    bind_dn: str
    base: str
    password: str | None = None
    profile: ProfileName = "openldap"
    ca_certificate: str = ""
    is_insecure: bool = False
    person_filter: str = ""
    unit_filter: str = ""
    group_filter: str = ""
    group_base: str = ""
    attributes: Pairs[str, list[str]] = dataclasses.field(default_factory=dict)
    top_unit_id: int | None = None
    may_change_password: bool = False
    lock_after: int = 5
    lock_window_min: int = 30
    reads_photos: bool = False
    delta_every_min: int = 0
    full_at: str = ""
    applies_itself: bool = False


def sources(*, is_retired: bool = False) -> list[DirectorySource]:
    """The sources in use, or the retired ones, in their order."""
    return list(
        DirectorySource.select()
        .where(DirectorySource.is_active == (not is_retired))
        .order_by(DirectorySource.position, DirectorySource.id)
    )


def source_by_code(code: str) -> DirectorySource:
    """The source of this code. Raises NotFound: there is none."""
    found = DirectorySource.get_or_none(DirectorySource.code == code)
    if found is None:
        raise NotFound
    return found


def source_config(source: DirectorySource, data: Path) -> DirectoryConfig:
    """How to reach and read a source; `data` is the data directory with the key.

    Raises OperatorError: its password was sealed under another key.
    """
    return DirectoryConfig(
        url=source.url,
        bind_dn=source.bind_dn,
        password=unsealed(data, source.password) if source.password else "",
        base=source.base,
        profile="ad" if source.profile == "ad" else "openldap",
        is_insecure=source.is_insecure,
        ca_certificate=source.ca_certificate,
        mapping=source_mapping(source),
        reads_photos=source.reads_photos,
        reads_groups=_has_group_roles(source),
    )


def described_config(described: Described, password: str) -> DirectoryConfig:
    """How a source that is still being described would be reached, for its live sample."""
    return DirectoryConfig(
        url=described.url,
        bind_dn=described.bind_dn,
        password=password,
        base=described.base,
        profile=described.profile,
        is_insecure=described.is_insecure,
        ca_certificate=described.ca_certificate,
        mapping=_mapping(described, described.attributes),
        reads_groups=True,
    )


def kept_password(described: Described, source: DirectorySource, data: Path) -> str:
    """The stored password, as long as it goes where it was meant to go.

    Raises Invalid: another server, account or weaker encryption is described. Otherwise
    whoever may change an address could have the password sent to a server of their own.
    """
    is_elsewhere = (described.url, described.bind_dn) != (source.url, source.bind_dn)
    is_weaker = described.is_insecure and not source.is_insecure
    is_trusting = described.ca_certificate.split() != source.ca_certificate.split()
    if source.password and (is_elsewhere or is_weaker or is_trusting):
        raise Invalid(N_("服务器、查询账号、证书或加密方式有变化时，要重新填写查询账号的密码。"))
    return unsealed(data, source.password) if source.password else ""


def source_mapping(source: DirectorySource) -> Mapping:
    """What the source does otherwise than its profile."""
    return _mapping(source, msgspec.json.decode(source.attributes))


def _mapping(given: Any, attributes: Pairs[str, list[str]]) -> Mapping:
    return Mapping(
        attributes=tuple(
            (field, tuple(names))
            for field, names in sorted(attributes.items())
            if field != "containers" and names
        ),
        person_filter=given.person_filter,
        unit_filter=given.unit_filter,
        group_filter=given.group_filter,
        group_base=given.group_base,
        containers=tuple(attributes.get("containers", ())),
    )


def _has_group_roles(source: DirectorySource) -> bool:
    return bool(
        GroupRole.select(GroupRole.id)
        .where((GroupRole.source == source) & GroupRole.is_active)
        .exists()
    )


def create_source(
    described: Described, *, data: Path, now: dt.datetime, account_id: int | None = None
) -> DirectorySource:
    """A new source. Raises Invalid: something about it cannot be."""
    check_described(described)
    if described.code == RESERVED:
        raise Invalid(N_("代码不能是 %(name)s。"), name=RESERVED)
    if not described.password:
        raise Invalid(N_("请填写查询账号的密码。"))
    if DirectorySource.get_or_none(DirectorySource.code == described.code) is not None:
        raise Invalid(N_("代码 %(source)s 已被另一个来源使用。"), source=described.code)
    fields = _fields(described, data)
    source: DirectorySource = DirectorySource.create(**fields, changed_at=now)
    note_source("core.create_directory_source", source, now, account_id, {"after": _told(fields)})
    return source


def change_source(
    source: DirectorySource,
    described: Described,
    *,
    data: Path,
    now: dt.datetime,
    account_id: int | None = None,
) -> DirectorySource:
    """Changes a source; its code stays. Raises Invalid: something about it cannot be, or its
    password is wanted again (`kept_password`)."""
    described = dataclasses.replace(described, code=source.code)
    check_described(described)
    if described.password is None:
        kept_password(described, source, data)
    fields = _fields(described, data)
    changed = {name: value for name, value in fields.items() if getattr(source, name) != value}
    if not changed:
        return source
    before = {name: getattr(source, name) for name in changed}
    if {"url", "base", "profile"} & changed.keys():
        changed["high_water"] = "{}"
    DirectorySource.update(**changed, changed_at=now).where(
        DirectorySource.id == source.id
    ).execute()
    detail = {"before": _told(before), "after": _told(changed)}
    note_source("core.change_directory_source", source, now, account_id, detail)
    return source_by_code(source.code)


def retire_source(
    source: DirectorySource, reason: str, *, now: dt.datetime, account_id: int | None = None
) -> None:
    """Ends a source. Its accounts stay as they are until another source takes them over or an
    administrator makes them local. Raises Invalid: no reason. Conflict: it has ended already.
    """
    if not reason.strip():
        raise Invalid(N_("请填写停用这个来源的理由。"))
    ended = (
        DirectorySource.update(is_active=False, changed_at=now)
        .where((DirectorySource.id == source.id) & DirectorySource.is_active)
        .execute()
    )
    if not ended:
        raise Conflict(N_("这个来源已经停用。"))
    detail = {"reason": reason.strip()[:300]}
    note_source("core.retire_directory_source", source, now, account_id, detail)


def _fields(described: Described, data: Path) -> dict[str, Any]:
    fields = dataclasses.asdict(described)
    password = fields.pop("password")
    if password is not None:
        fields["password"] = sealed(data, password) if password else ""
    fields["attributes"] = msgspec.json.encode(
        {field: list(names) for field, names in described.attributes.items() if names},
        order="sorted",
    ).decode()
    return fields


def _told(fields: Pairs[str, Any]) -> dict[str, Any]:
    """The fields as the audit trail may know them: of the password only that it changed."""
    return {
        name: "…" if name in {"password", "ca_certificate"} else value
        for name, value in fields.items()
        if name != "high_water"
    }


def follow_lock_rule(
    source: DirectorySource, after: int, window_min: int, now: dt.datetime
) -> bool:
    """Keeps to a lock rule the directory itself states where it is stricter than the one
    described (`after` 0: it never locks; `window_min` 0: it never forgets); whether it is."""
    stricter: dict[str, int] = {}
    if after and not 0 < source.lock_after <= after:
        stricter["lock_after"] = after
    if after and source.lock_window_min and (not window_min or window_min > source.lock_window_min):
        stricter["lock_window_min"] = window_min
    if stricter:
        DirectorySource.update(**stricter).where(DirectorySource.id == source.id).execute()
        note_source("core.change_directory_source", source, now, None, {"read": stricter})
    return bool(stricter)


def note_source(
    action: str,
    source: DirectorySource,
    now: dt.datetime,
    account_id: int | None,
    detail: dict[str, Any],
) -> None:
    """The audit line of what was done to a source."""
    record_audit(
        action=action,
        at=now,
        account_id=account_id,
        realm=_REALM,
        record_id=source.id,
        detail={"code": source.code, **detail},
    )


def check_described(described: Described) -> None:
    """Raises Invalid: the description cannot be used."""
    if not CODE.fullmatch(described.code):
        raise Invalid(N_("代码只能用小写字母、数字和连字符，字母开头，2 到 30 位。"))
    if not described.name.strip() or not described.base.strip():
        raise Invalid(N_("名称和目录的根都要填写。"))
    try:
        address(described.url)
    except Fault as fault:
        raise Invalid(N_("目录服务器地址应为 ldap://主机 或 ldaps://主机。")) from fault
    for text in (described.person_filter, described.unit_filter, described.group_filter):
        if text and not is_filter(text):
            raise Invalid(N_("查询条件 %(filter)s 无法识别。"), filter=text[:60])
    if described.ca_certificate.strip() and not is_authority(described.ca_certificate):
        raise Invalid(N_("证书机构的内容无法识别，应为 PEM 文本。"))
    if described.full_at and not _TIME.fullmatch(described.full_at):
        raise Invalid(N_("每日全量时间应为 02:00 这样的写法。"))
    if not 0 <= described.delta_every_min <= 1440:
        raise Invalid(N_("增量间隔应为 0 到 1440 分钟，0 为不做。"))
    if described.top_unit_id is not None and not Unit.get_or_none(
        (Unit.id == described.top_unit_id) & Unit.is_active
    ):
        raise Invalid(N_("挂靠的单位不存在或已撤销。"))
    _check_lock(described)
    _check_attributes(described.attributes)


def _check_lock(described: Described) -> None:
    if not (described.lock_after == 0 or 3 <= described.lock_after <= 999):
        raise Invalid(N_("锁定次数应为 3 到 999，0 为从不锁定。"))
    if not 0 <= described.lock_window_min <= 99_999:
        raise Invalid(N_("失败计数保留的分钟数应为 0 到 99999，0 为一直保留。"))


def _check_attributes(attributes: Pairs[str, list[str]]) -> None:
    for field, names in attributes.items():
        if field == "containers":
            continue
        if field not in SEVERAL and field not in ONE:
            raise Invalid(N_("没有名为 %(field)s 的字段。"), field=field[:60])
        for name in names:
            if not _ATTRIBUTE.fullmatch(name):
                raise Invalid(N_("属性名 %(name)s 无法识别。"), name=name[:60])
