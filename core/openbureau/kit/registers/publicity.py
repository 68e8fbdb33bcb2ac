"""What the public may be shown of a register, in words."""

from collections.abc import Callable, Iterable

from openbureau.base.i18n import N_
from openbureau.kit.registers.declared import Column, Register

Say = Callable[..., str]


def publicity(register: Register, say: Say) -> str:
    """Which columns are public and why the others are not."""
    personal = [column for column in register.columns if column.personal]
    told = [
        say(N_("公开字段：%(columns)s。"), columns=_named(register.public_columns, say))
        if register.public
        else say(N_("没有公开字段。"))
    ]
    if personal:
        told.append(say(N_("%(columns)s是个人信息，不能公开。"), columns=_named(personal, say)))
    if register.public and len(register.columns) > len(register.public) + len(personal):
        told.append(say(N_("其余的列没有声明为公开。")))
    return "".join(told)


def _named(columns: Iterable[Column], say: Say) -> str:
    return say("、").join(say(column.label) for column in columns)
