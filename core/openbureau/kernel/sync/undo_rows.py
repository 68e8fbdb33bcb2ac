"""Rows that taking a synchronisation back is decided from."""

from collections.abc import Collection, Iterable
from typing import Any

from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.images import TRACKED, grouped


def post_places_of(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Account and unit of posts."""
    found: dict[int, tuple[int, int]] = {}
    for group in grouped(sorted(ids)):
        rows: Any = Post.select(Post.id, Post.account, Post.unit).where(Post.id.in_(group)).tuples()
        found.update((post_id, (account_id, unit_id)) for post_id, account_id, unit_id in rows)
    return found


def grants_of(ids: Iterable[int]) -> dict[int, RoleGrant]:
    """The grants with their holders and roles, in the order of their numbers."""
    found: dict[int, RoleGrant] = {}
    for group in grouped(sorted(ids)):
        rows = (
            RoleGrant.select(RoleGrant, Account)
            .join(Account, on=(RoleGrant.account == Account.id))
            .where(RoleGrant.id.in_(group))
            .order_by(RoleGrant.id)
        )
        found.update((grant.id, grant) for grant in rows)
    return found


def does_no_business(grant: RoleGrant) -> bool:
    return grant.account is not None and grant.account.administrator is not None


def grant_key(grant: Any) -> tuple[Any, ...]:
    return grant.account_id, grant.role_id, grant.unit_id, grant.reach, grant.source, grant.group


def held_by(grants: Iterable[Any]) -> set[tuple[Any, ...]]:
    """What the holders of these grants hold now."""
    found: set[tuple[Any, ...]] = set()
    for group in grouped(sorted({grant.account_id for grant in grants})):
        rows = RoleGrant.select().where(RoleGrant.account.in_(group) & RoleGrant.ended_at.is_null())
        found |= {grant_key(grant) for grant in rows}
    return found


def holders_of(table: str, column: str, names: Collection[str]) -> list[tuple[str, int]]:
    model = TRACKED[table][0]
    named = getattr(model, column)
    found: list[tuple[str, int]] = []
    for group in _portions(sorted(names)):
        found.extend(model.select(named, model.id).where(named.in_(group)).tuples())
    return found


def _portions(texts: list[str], size: int = 500) -> list[list[str]]:
    """Texts in portions one statement takes."""
    return [texts[start : start + size] for start in range(0, len(texts), size)]


def names_of_rows(table: str, ids: Collection[int]) -> dict[int, str]:
    """What rows are called: login and name, code and name, login and role."""
    if table == "role_grant":
        return {
            grant.id: f"{grant.account.login} {grant.role.code}"
            for grant in grants_of(ids).values()
            if grant.account is not None
        }
    model = TRACKED[table][0]
    key = "login" if table == "account" else "code"
    found: dict[int, str] = {}
    for group in grouped(sorted(ids)):
        for row in model.select().where(model.id.in_(group)):
            found[row.id] = f"{getattr(row, key)} {row.name}"
    return found
