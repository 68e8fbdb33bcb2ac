"""Writes of what each person arranged for themselves."""

from openbureau.kernel.preferences.models import Preference


def keep_preference(account_id: int, **columns: str) -> None:
    """Sets columns of a person's row, making it when there is none. Values are JSON."""
    fields = {getattr(Preference, name): value for name, value in columns.items()}
    Preference.insert(account=account_id, **columns).on_conflict(
        conflict_target=[Preference.account], update=fields
    ).execute()
