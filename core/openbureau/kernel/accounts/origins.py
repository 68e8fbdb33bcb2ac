"""Where the password of an account is kept: here, or in which directory."""

from openbureau.base.errors import OperatorError
from openbureau.base.settings import Settings
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.throttle import LockRule
from openbureau.kernel.directory.config import DirectoryConfig, directory_config
from openbureau.kernel.directory.sources import source_config

LOCAL, DIRECTORY = "local", "ldap"
USUAL_LOCK_AFTER, USUAL_LOCK_WINDOW_MIN = 5, 30


def directory_of(settings: Settings, account: Account) -> DirectoryConfig | None:
    """The directory that checks this account's password: its source, or that of the start-up
    settings. None where there is none any more, or its password cannot be read."""
    source = account.directory
    if source is None:
        return directory_config(settings) if settings.ldap_url else None
    if not source.is_active:
        return None
    try:
        return source_config(source, settings.data)
    except OperatorError:
        return None


def lock_rule(account: Account | None) -> LockRule | None:
    """When the directory that checks this account's password locks it; None: there is none."""
    if account is None or account.source != DIRECTORY:
        return None
    source = account.directory
    if source is None:
        return LockRule(account.id, USUAL_LOCK_AFTER, USUAL_LOCK_WINDOW_MIN)
    return LockRule(account.id, source.lock_after, source.lock_window_min)


def may_change_password(account: Account) -> bool:
    """Whether the password can be changed through us: a local one, or one in a directory whose
    administrator allows it."""
    if account.source == LOCAL:
        return True
    source = account.directory
    return bool(source and source.is_active and source.may_change_password)
