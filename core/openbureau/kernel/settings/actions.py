"""Choosing values of settings."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from openbureau.base.declarations import Setting
from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.settings.models import SettingValue

TRUE_WORDS = {"true", "yes", "on", "1", "是"}
FALSE_WORDS = {"false", "no", "off", "0", "否", ""}


def converted(setting: Setting, text: str) -> Any:
    """The typed value of what somebody wrote. Raises Invalid: it does not fit."""
    if isinstance(setting.default, bool):
        word = text.strip().lower()
        if word in TRUE_WORDS | FALSE_WORDS:
            return word in TRUE_WORDS
        raise Invalid(N_("「%(label)s」应为 是 或 否。"), label=setting.label)
    if isinstance(setting.default, int):
        return _number(setting, text.strip())
    if setting.choices and text not in {value for value, _ in setting.choices}:
        raise Invalid(
            N_("「%(label)s」没有这个选项。可用：%(choices)s。"),
            label=setting.label,
            choices="、".join(value for value, _ in setting.choices),
        )
    if setting.key in _CHECKS:
        _CHECKS[setting.key](setting, text.strip())
    return text.strip()


def _folder(setting: Setting, text: str) -> None:
    if text and not (Path(text).is_absolute() and Path(text).is_dir()):
        raise Invalid(N_("「%(label)s」应为服务器上已有目录的完整路径。"), label=setting.label)


_CHECKS: Mapping[str, Callable[[Setting, str], None]] = {"core.audit_anchor_folder": _folder}


def _number(setting: Setting, text: str) -> int:
    is_number = text.lstrip("-").isascii() and text.lstrip("-").isdecimal() and len(text) <= 12
    value = int(text) if is_number else 0
    low, high = setting.minimum, setting.maximum
    if not is_number or (low is not None and value < low) or (high is not None and value > high):
        raise Invalid(
            N_("「%(label)s」应为 %(low)s 到 %(high)s 的整数。"),
            label=setting.label,
            low="" if low is None else low,
            high="" if high is None else high,
        )
    return value


def choose_setting(
    setting: Setting,
    value: Any,
    *,
    now: dt.datetime,
    unit_id: int | None = None,
    account_id: int | None = None,
    address: str = "",
) -> None:
    """Chooses a value for the installation, or for a unit and all below it; None takes the
    choice back. Live everywhere at once. Raises Invalid: it cannot differ per unit."""
    if unit_id is not None and not setting.is_local:
        raise Invalid(N_("「%(label)s」全系统只有一个值。"), label=setting.label)
    place = SettingValue.unit.is_null() if unit_id is None else SettingValue.unit == unit_id
    former = SettingValue.get_or_none((SettingValue.key == setting.key) & place)
    if former is not None:
        former.delete_instance()
    if value is not None:
        SettingValue.create(
            key=setting.key,
            unit=unit_id,
            value=msgspec.json.encode(value).decode(),
            account=account_id,
            chosen_at=now,
        )
    record_audit(
        action="core.choose_setting",
        at=now,
        account_id=account_id,
        unit_id=unit_id,
        realm="core/setting",
        address=address,
        detail={
            "key": setting.key,
            "before": msgspec.json.decode(former.value) if former else None,
            "after": value,
        },
    )
    bump_epoch("access")
