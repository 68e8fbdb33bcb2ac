"""Which passwords local accounts may have, and for how long.

Two profiles. `djbh3` follows GB/T 22239-2019, 8.1.4.1 a (complexity and periodic change);
`asvs` follows OWASP ASVS 5.0, 6.2 (length instead of composition, no forced change). The two
contradict each other, so the bureau chooses.
"""

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openbureau.base.i18n import N_
from openbureau.kernel.accounts.common_passwords import is_common
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.passwords import MAX_PASSWORD_BYTES

FORMER_PASSWORDS = 5
INITIAL_DAYS = 30
WARNING_DAYS = 14
SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """One set of rules: fewest characters, fewest kinds of them, days until a change, whether
    common passwords are refused."""

    shortest: int
    classes: int = 1
    days: int | None = None
    summary: str = ""
    refuses_common: bool = True


PROFILES: Mapping[str, Profile] = {
    "djbh3": Profile(
        8,
        3,
        90,
        N_("至少 8 位，含大写字母、小写字母、数字、符号中的三类，不能是常见密码；90 天更换一次。"),
    ),
    "asvs": Profile(15, summary=N_("至少 15 位，可以是一句话，不能是常见密码；不要求定期更换。")),
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a password breaks: message id and what fills it."""

    message: str
    params: Mapping[str, object]


def breaches(profile: Profile, password: str, login: str, name: str) -> Sequence[Breach]:
    """The rules a new password breaks, in the order to be read; empty when it will do."""
    found = []

    def breach(message: str, **params: object) -> None:
        found.append(Breach(message, params))

    if len(password) < profile.shortest:
        breach(N_("密码至少 %(total)s 位。"), total=profile.shortest)
    if len(password.encode("utf-8", "replace")) > MAX_PASSWORD_BYTES:
        breach(N_("密码太长，最多 %(total)s 个字节。"), total=MAX_PASSWORD_BYTES)
    if _classes(password) < profile.classes:
        breach(
            N_("密码要含大写字母、小写字母、数字、符号中的 %(total)s 类。"), total=profile.classes
        )
    if profile.refuses_common and is_common(password):
        breach(N_("这个密码太常见：主要是常用词、键盘上相邻的键、年份或重复。请换一个不易猜的。"))
    folded = password.casefold()
    if login.casefold() in folded or _is_named(folded, name):
        breach(N_("密码里不能有账号或姓名。"))
    if len(set(folded)) <= 2 or any(unicodedata.category(c) in {"Cc", "Cs"} for c in password):
        breach(N_("密码不能由一两个字符重复而成，也不能含控制字符。"))
    return found


def _is_named(folded: str, name: str) -> bool:
    plain = "".join(name.casefold().split())
    return len(plain) >= SHORTEST_NAME and plain in folded


def _classes(password: str) -> int:
    kinds = {
        "upper" if c.isupper() else "lower" if c.islower() else "digit" if c.isdigit() else "mark"
        for c in password
    }
    return len(kinds)


def days_left(profile: Profile, account: Account, now: dt.datetime) -> int | None:
    """Days until a local account's password has to be changed; 0 or less: now. None: never."""
    if profile.days is None or account.source != "local" or account.password_hash is None:
        return None
    since = account.password_changed_at or account.created_at
    return profile.days - (now - since).days


def has_lapsed(account: Account, now: dt.datetime) -> bool:
    """Whether an initial password was not used in time."""
    since = account.password_changed_at
    is_initial = account.must_change_password and account.source == "local" and since is not None
    return bool(is_initial and now - since > dt.timedelta(days=INITIAL_DAYS))
