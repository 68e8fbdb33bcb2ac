"""A real Active Directory domain brought in: whole, again, and by its changes alone."""

from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.sources import Described, create_source
from openbureau.kernel.directory.sync import synchronise
from openbureau.kernel.sync.actions import order_run, start_run
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.runs import read_run
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau
from openbureau.testing.ldif import ldif
from openbureau.testing.samba import (
    KUNMING_DN,
    WUHUA_DN,
    DomainController,
    person_entry,
)

pytestmark = pytest.mark.samba


@pytest.fixture
def source(bureau: Bureau, domain_described: dict[str, Any]) -> DirectorySource:
    """The domain as a source of a bureau."""
    described = Described(**domain_described)
    with writing():
        return create_source(described, data=bureau.installation.settings.data, now=bureau.now)


def run(bureau: Bureau, source: DirectorySource, scope: str) -> SyncRun:
    """One synchronisation of a scope, applied where there is something to apply."""
    system = Account.get(Account.login == "system").id
    settings = bureau.installation.settings
    source = DirectorySource.get_by_id(source.id)
    with writing():
        asked = start_run(source, account_id=system, now=bureau.now, scope=scope)
    planned = read_run(asked, settings, bureau.now)
    if planned.state != "planned":
        return planned
    with writing():
        order_run(planned, account_id=system, plan_hash=planned.plan_hash, now=bureau.now)
    return carry_out(planned, settings, bureau.now)


def person(login: str) -> Any:
    return Account.get(Account.login == login)


def test_the_domain_is_brought_in_once(bureau: Bureau, source: DirectorySource) -> None:
    assert run(bureau, source, "full").state == "applied"
    assert person("a3").state == "active"
    assert person("gone").state == "disabled"
    post = Post.get(Post.account == person("a3"))
    assert Unit.get_by_id(post.unit_id).code == "530102"
    assert run(bureau, source, "full").state == "empty"
    assert run(bureau, source, "delta").state == "empty"


def test_changes_alone_are_found_by_their_number(
    bureau: Bureau, source: DirectorySource, domain: DomainController
) -> None:
    run(bureau, source, "full")
    name = "调动人员"
    domain.modify(ldif([person_entry("mover", name, KUNMING_DN)]))
    assert run(bureau, source, "delta").state == "applied"
    before = person("mover").external_id
    domain.modify(
        f"dn: CN={name},{KUNMING_DN}\nchangetype: modrdn\nnewrdn: CN={name}\n"
        f"deleteoldrdn: 1\nnewsuperior: {WUHUA_DN}\n"
    )
    assert run(bureau, source, "delta").state == "applied"
    assert person("mover").external_id == before
    post = Post.get((Post.account == person("mover")) & Post.is_active)
    assert Unit.get_by_id(post.unit_id).code == "530102"
    domain.modify(f"dn: CN={name},{WUHUA_DN}\nchangetype: delete\n")
    assert run(bureau, source, "delta").state == "applied"
    assert person("mover").state == "disabled"


def test_a_person_disabled_in_the_domain_is_disabled_here(
    bureau: Bureau, source: DirectorySource, domain: DomainController
) -> None:
    domain.modify(ldif([person_entry("leaver", "离开人员", KUNMING_DN)]))
    run(bureau, source, "full")
    assert person("leaver").state == "active"
    domain.modify(
        f"dn: CN=离开人员,{KUNMING_DN}\nchangetype: modify\nreplace: userAccountControl\n"
        "userAccountControl: 514\n"
    )
    run(bureau, source, "delta")
    assert person("leaver").state == "disabled"


def test_a_renamed_unit_keeps_its_people(
    bureau: Bureau, source: DirectorySource, domain: DomainController
) -> None:
    run(bureau, source, "full")
    rename = "dn: {}\nchangetype: modrdn\nnewrdn: OU={}\ndeleteoldrdn: 1\n"
    domain.modify(rename.format(WUHUA_DN, "五华分局"))
    try:
        assert run(bureau, source, "delta").state == "applied"
        assert Unit.get(Unit.code == "530102").name == "五华分局"
        assert person("a3").state == "active"
    finally:
        domain.modify(rename.format(f"OU=五华分局,{KUNMING_DN}", "五华区局"))


def test_the_command_line_reads_the_domain(bureau: Bureau, config: DirectoryConfig) -> None:
    report = synchronise(config, is_dry_run=True, now=bureau.now)
    assert report.exit_status == 0
    assert report.people["create"] >= 12
