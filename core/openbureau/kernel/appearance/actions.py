"""Writes of how a unit's pages look."""

import datetime as dt

from openbureau.kernel.accounts.models import Account
from openbureau.kernel.appearance.models import Appearance
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.files.actions import stored_file
from openbureau.kernel.files.storage import Stored
from openbureau.kernel.units.models import Unit

LOGO_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
LOGO_MAX_BYTES = 200 * 1024


def choose_appearance(
    unit: Unit,
    zone: str,
    *,
    theme: str,
    name: str,
    logo: Stored | None,
    keeps_logo: bool,
    account_id: int | None,
    now: dt.datetime,
) -> Appearance:
    """Sets what a unit and all below it look like; live everywhere at the next request.

    An empty theme or name is inherited again. Without a new logo the present one stays
    when `keeps_logo`. Without an account it is the command line.
    """
    chosen = Appearance.get_or_none(unit=unit, zone=zone) or Appearance(unit=unit, zone=zone)
    before = {"theme": chosen.theme, "name": chosen.name}
    chosen.theme = theme
    chosen.name = name
    if logo is not None:
        chosen.logo = stored_file(logo, now)
    elif not keeps_logo:
        chosen.logo = None
    chosen.account = Account(id=account_id) if account_id is not None else None
    chosen.chosen_at = now
    chosen.save()
    record_audit(
        action="core.choose_appearance",
        at=now,
        account_id=account_id,
        unit_id=unit.id,
        realm="core/unit",
        record_id=unit.id,
        detail={"zone": zone, "before": before, "after": {"theme": theme, "name": name}},
    )
    bump_epoch("units")
    return chosen
