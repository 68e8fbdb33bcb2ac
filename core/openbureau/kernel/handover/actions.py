"""One handover, in one transaction: moved, written down, signed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from openbureau.base.database import new_uid, to_instant
from openbureau.base.i18n import N_
from openbureau.base.signing import is_signed, signature
from openbureau.kernel.access.queries import administrators_of
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.handover.holdings import Holding
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.handover.moving import MOVES, Hands, end_posts
from openbureau.kernel.search.core_records import index_people
from openbureau.kernel.todos.actions import give_todos, notify

REALM = "core/handover"
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be handed over: the chosen holdings, which posts end, which of these the
    successor takes, and what plugins moved (lines with `plugin kind title count url`)."""

    hands: Hands
    holdings: Sequence[Holding]
    ended_posts: Sequence[int]
    passed_posts: Sequence[int]
    plugin_lines: Sequence[Mapping[str, Any]]
    reason: str
    unit_id: int | None
    administrator: str


def plan_hash(parts: Any) -> str:
    """SHA-256 of what was shown, so that what is confirmed is what was seen."""
    return hashlib.sha256(_encode(parts)).hexdigest()


def hand_over(order: Order, secret: bytes) -> Handover:
    """Moves everything and writes the signed list. The caller holds the transaction."""
    hands = order.hands
    # Posts first: a todo of a post's unit goes with it.
    end_posts(hands, order.ended_posts, order.passed_posts)
    for kind, move in MOVES.items():
        if ids := [h.id for h in order.holdings if h.kind == kind]:
            move(hands, ids)
    made = _written(order, secret)
    bump_epoch("access")
    index_people([hands.leaver.id, hands.successor.id])
    _tell(order, made)
    record_audit(
        action="core.hand_over_duties",
        at=hands.now,
        account_id=hands.by.account_id,
        unit_id=order.unit_id,
        realm=REALM,
        record_id=made.id,
        detail={
            "leaver": hands.leaver.login,
            "successor": hands.successor.login,
            "lines": len(order.holdings) + len(order.plugin_lines),
            "digest": made.digest,
        },
    )
    return made


def _written(order: Order, secret: bytes) -> Handover:
    hands, uid = order.hands, new_uid()
    lines = [
        {**asdict(holding), "outcome": _outcome(order, holding), "plugin": "core"}
        for holding in order.holdings
    ]
    document = {
        "handover": uid,
        "leaver": _person(hands.leaver),
        "successor": _person(hands.successor),
        "at": to_instant(hands.now),
        "administrator": order.administrator,
        "reason": order.reason,
        "lines": [*lines, *order.plugin_lines],
    }
    text = _encode(document).decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Handover.create(
        uid=uid,
        leaver=hands.leaver,
        successor=hands.successor,
        unit=order.unit_id,
        reason=order.reason,
        lines=text,
        digest=digest,
        signature=signature(secret, _statement(digest)).hex(),
        account=hands.by.account_id,
        handed_over_at=hands.now,
    )


def _person(account: Account) -> dict[str, str]:
    return {"uid": account.uid, "login": account.login, "name": account.name}


def _outcome(order: Order, holding: Holding) -> str:
    if holding.kind == "post":
        if holding.id in order.passed_posts:
            return "passed"
        return "ended" if holding.id in order.ended_posts else "kept"
    fixed = {"delegation": "ended", "grant": "requested", "group": "copied", "followed": "copied"}
    return fixed.get(holding.kind, "moved")


def _tell(order: Order, made: Handover) -> None:
    """The successor hears of it; ending roles is asked of the security administrators."""
    hands = order.hands
    notify(
        hands.successor.id,
        N_("%(name)s的工作已移交给您，请查看移交清单"),
        now=hands.now,
        url=f"/-/handovers/{made.uid}",
        params={"name": hands.leaver.name},
    )
    if not any(holding.kind == "grant" for holding in order.holdings):
        return
    give_todos(
        "do",
        realm=REALM,
        record_id=made.id,
        people=administrators_of("security", order.unit_id),
        title=f"{hands.leaver.name}离任，请处理其角色（{hands.leaver.login}）",
        now=hands.now,
        source_unit_id=order.unit_id,
        step=N_("处理角色"),
    )


def is_authentic(made: Handover, public: bytes) -> bool:
    """Whether a list is what was signed."""
    if hashlib.sha256(made.lines.encode()).hexdigest() != made.digest:
        return False
    try:
        signed = bytes.fromhex(made.signature)
    except ValueError:
        return False
    return is_signed(public, signed, _statement(made.digest))


def _statement(digest: str) -> bytes:
    return f"openbureau handover\n{digest}".encode()
