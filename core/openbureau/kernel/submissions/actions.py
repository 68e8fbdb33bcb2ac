"""A form that is sent twice acts once and leads to the same place."""

import datetime as dt

from openbureau.kernel.submissions.models import Submission

KEPT = dt.timedelta(days=2)


def earlier_location(key: str, account_id: int | None) -> str | None:
    """Where this form led when it was first acted upon, or None."""
    found = Submission.get_or_none((Submission.key == key) & (Submission.account_id == account_id))
    return None if found is None else str(found.location)


def remember_submission(key: str, account_id: int | None, location: str, now: dt.datetime) -> None:
    """Keeps where a form led. Two sent at the same moment: the second one's transaction fails
    on the unique key and is answered by the first one's location."""
    Submission.create(key=key, account_id=account_id, location=location[:500], at=now)


def forget_old_submissions(now: dt.datetime) -> int:
    """Removes keys older than two days; the number removed."""
    return int(Submission.delete().where(Submission.at < now - KEPT).execute())
