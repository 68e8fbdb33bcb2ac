"""A scheduled synchronisation while one by hand waits or runs, and an undo that is killed."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced, rows
from tests.directory.test_runs import applied, removal

from openbureau.base.database import db, reading, writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.sync.actions import order_undo
from openbureau.kernel.sync.locking import held
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.schedule import run_scheduled
from openbureau.kernel.sync.undo import preview_undo
from openbureau.testing.slapd import Slapd

pytestmark = pytest.mark.slapd
SCRIPT = Path(__file__).with_name("killed_process.py")


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


def disabled() -> set[str]:
    with reading():
        return {row.login for row in Account.select().where(Account.state == "disabled")}


def test_a_plan_the_schedule_was_quicker_with_is_refused(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url, applies_itself=True)
    applied(synced, synced.read(source))
    slapd.modify(removal(9))
    by_hand = synced.read(source)
    slapd.modify(removal(20))
    scheduled = run_scheduled(source.id, "full", synced.settings, synced.now)
    assert scheduled is not None
    assert scheduled.state == "applied"
    before = rows()
    assert applied(synced, by_hand).state == "refused"
    assert (rows(), disabled()) == (before, {"u9", "u20"})


def test_a_scheduled_run_waits_until_the_other_has_ended(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url, applies_itself=True)
    applied(synced, synced.read(source))
    slapd.modify(removal(9))
    has_begun, states = threading.Event(), []

    def scheduled() -> None:
        has_begun.set()
        with held(source.id, synced.settings):
            found = run_scheduled(source.id, "full", synced.settings, synced.now)
        states.append(None if found is None else found.state)
        db.close()

    with held(source.id, synced.settings):
        other = threading.Thread(target=scheduled)
        other.start()
        assert has_begun.wait(10)
        run = applied(synced, synced.read(source))
        assert (run.state, states) == ("applied", [])
    other.join(30)
    assert (states, disabled()) == ([None], {"u9"})
    assert SyncRun.select().where(SyncRun.state == "applied").count() == 2


def killed(synced: Synced, run: SyncRun, at: int) -> subprocess.CompletedProcess[str]:
    """Carries an order out in a process of its own, killed at this statement (0: never)."""
    command = [sys.executable, str(SCRIPT), str(synced.settings.data), "", str(at), run.uid]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_undo_killed_in_the_middle_is_done_again(synced: Synced, slapd: Slapd) -> None:
    source: DirectorySource = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(9, 20))
    run = applied(synced, synced.read(source))
    with reading():
        plan = preview_undo(run, synced.now)
    with writing():
        made = order_undo(run, account_id=synced.first, plan_hash=plan.hash, now=synced.now)
    before = rows()
    for at in (5, 20, 40):
        assert killed(synced, made, at).returncode == -signal.SIGKILL
        assert (rows(), disabled()) == (before, {"u9", "u20"})
    whole = killed(synced, made, 0)
    assert whole.stdout.split()[1:] == ["0"], whole.stderr
    assert disabled() == set()
    assert synced.carry_out(made).state == "applied"
