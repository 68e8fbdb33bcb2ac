"""A form that is sent twice acts once and leads to the same place."""

import datetime as dt

from peewee import Query

from openbureau.base.database import Statement, param, statement, to_instant
from openbureau.kernel.submissions.models import Submission

KEPT = dt.timedelta(days=2)


@statement
def _earlier() -> Query:
    return Submission.select(Submission.location, Submission.account_id).where(
        Submission.key == param("key")
    )


@statement
def _insertion() -> Query:
    columns = ("key", "account_id", "location", "at")
    return Submission.insert({name: param(name) for name in columns})


def earlier_location(key: str, account_id: int | None) -> str | None:
    """Where this form led when it was first acted upon, or None."""
    found = _earlier().row(key=key)
    return None if found is None or found.account_id != account_id else str(found.location)


def remember_submission(key: str, account_id: int | None, location: str, now: dt.datetime) -> None:
    """Keeps where a form led. Two sent at the same moment: the second one's transaction fails
    on the unique key and is answered by the first one's location."""
    insertion: Statement = _insertion()
    insertion.run(key=key, account_id=account_id, location=location[:500], at=to_instant(now))


def forget_old_submissions(now: dt.datetime) -> int:
    """Removes keys older than two days; the number removed."""
    return int(Submission.delete().where(Submission.at < now - KEPT).execute())
