"""The demo bureau: how many, who, and the same every time."""

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from openbureau.base.context import Person
from openbureau.base.database import reading
from openbureau.base.i18n import load_catalogues
from openbureau.base.plugins import load_plugins
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.passwords import is_password
from openbureau.kernel.search.queries import search
from openbureau.kernel.units.listing import units_listing
from openbureau.kernel.units.models import Node
from openbureau.kernel.units.queries import current_tree
from openbureau.shell.cli.root import root
from openbureau.shell.demo.bureau import PASSWORD, SAMPLES, Scale, bureau
from openbureau.shell.demo.ldif import demo_ldif
from openbureau.shell.demo.people import demo_samples
from openbureau.shell.demo.prepare import prepare_demo

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)


def prepared(scale: Scale) -> list[tuple[int, int, str]]:
    steps: list[tuple[int, int, str]] = []
    prepare_demo(scale, lambda *step: steps.append(step), NOW)
    return steps


def test_the_full_bureau_has_every_unit_and_3200_people(database: str) -> None:
    steps = prepared("full")
    with reading():
        listing = units_listing(current_tree())
        assert (listing["access_units"], listing["sections"]) == (163, 12)
        assert Account.select().where(Account.administrator.is_null()).count() == 3200
        assert Account.select().count() == 3203
        assert Account.select(Account.password_hash).distinct().count() == 1
        assert Post.select(Post.unit).distinct().count() == 175
        assert Node.get().is_demo
    assert [step[0] for step in steps] == sorted(step[0] for step in steps)
    assert steps[-1][0] == steps[-1][1]


def test_the_small_bureau_lets_every_sample_in(database: str) -> None:
    prepared("small")
    with reading():
        for sample in SAMPLES:
            account = Account.get(Account.login == sample.login)
            post = Post.get(Post.account == account, Post.is_primary)
            assert (account.name, account.administrator) == (sample.name, sample.administrator)
            assert (post.title, post.unit.code) == (sample.title, sample.unit)
        assert is_password(account.password_hash, PASSWORD)
        person = Person(account.id, account.uid, account.login, account.name, None)
        ctx = context_of(person, moment_of(NOW), load_plugins(()), load_catalogues(())["zh"])
        assert "李志华" in {hit.title for hit in search(ctx, "lzh", "core/account").hits}
        assert search(ctx, "kmsj", "core/unit").hits[0].key == "530100"


def test_grants_are_given_in_the_same_transaction(database: str) -> None:
    def refuse(accounts: object) -> None:
        raise RuntimeError("no role")

    with pytest.raises(RuntimeError):
        prepare_demo("small", lambda *step: None, NOW, grant=refuse)
    with reading():
        assert (Account.select().count(), Node.select().count()) == (0, 0)


def test_the_demo_is_the_same_at_every_start() -> None:
    first = bureau("small")
    bureau.cache_clear()
    assert bureau("small") == first


def test_people_look_like_a_bureau() -> None:
    people = bureau("full").people
    assert len({person.login for person in people}) == len(people)
    assert all(person.login.isascii() and person.phone and person.room for person in people)
    assert any(len(person.posts) == 2 for person in people)
    heads = Counter(post.unit for person in people for post in person.posts if post.rank == 10)
    assert set(heads.values()) == {1}
    assert {row.code for row in bureau("full").units if row.is_access_unit} == set(heads)


def test_samples_tell_role_account_password_and_unit() -> None:
    first, *_, last = demo_samples()
    assert (first.role, first.account, first.password) == ("省局工作人员", "lizhihua", PASSWORD)
    assert first.unit == "省局办公室"
    assert last.account == "audit"


def test_the_directory_holds_parents_before_children() -> None:
    seen: set[str] = set()
    entries = list(demo_ldif("small", "dc=bureau,dc=example"))
    for entry in entries:
        dn = entry.split("\n", 1)[0]
        assert dn not in seen
        seen.add(dn)
    model = bureau("small")
    assert len(entries) == 1 + len(model.units) + len(model.people)
    assert sum("destinationIndicator: 530100\n" in entry for entry in entries) == 1


def test_demo_heeds_the_data_of_the_group(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("x")
    ran = CliRunner().invoke(root, ["--data", str(tmp_path), "demo", "--reset", "--json"])
    assert (ran.exit_code, "DEMO-002" in ran.output, str(tmp_path) in ran.output) == (1, True, True)
