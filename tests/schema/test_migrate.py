"""Migrations are applied once, wholly, in order, and never harm what they do not name."""

import datetime as dt
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from playhouse.migrate import SchemaMigrator

from openbureau.base.database import db, is_postgresql, reading, writing
from openbureau.base.errors import OperatorError
from openbureau.base.migrations import MigrationError, Owner, migrate, status
from openbureau.testing.databases import CORE_OWNER

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)

PARENT_AND_CHILD = """
    def up(migrator, db):
        key = "integer PRIMARY KEY"
        db.execute_sql(f"CREATE TABLE parent (id {key}, name text, note text)")
        db.execute_sql(
            f"CREATE TABLE child (id {key}, parent_id integer NOT NULL "
            "REFERENCES parent (id) ON DELETE CASCADE)"
        )
        for number in range(20):
            db.execute_sql(f"INSERT INTO parent VALUES ({number}, 'x', 'y')")
            db.execute_sql(f"INSERT INTO child VALUES ({number}, {number})")
"""


class Distribution:
    """A folder of migrations to write, and the one way to apply them."""

    def __init__(self, folder: Path, url: str, name: str = "sample") -> None:
        self.owner = Owner(name, folder / name)
        self.data = folder / "data"
        self.url = url
        self.owner.directory.mkdir()

    def write(self, name: str, content: str) -> Path:
        path = self.owner.directory / f"{name}.py"
        path.write_text(textwrap.dedent(content), "utf-8")
        return path

    def apply(self, *others: Owner) -> list[str]:
        applied = migrate([self.owner, *others], self.data, NOW, database_url=self.url)
        return [f"{each.owner}/{each.name}" for each in applied]


@pytest.fixture
def sample(empty_database: str, tmp_path: Path) -> Distribution:
    return Distribution(tmp_path, empty_database)


def count(table: str) -> int:
    with reading():
        return int(db.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_the_core_comes_first_then_requirements(empty_database: str, tmp_path: Path) -> None:
    folders = {name: Distribution(tmp_path, empty_database, name) for name in ("alpha", "beta")}
    for each in folders.values():
        each.write("0001_first", "def up(migrator, db): pass")
    owners = [
        Owner("alpha", tmp_path / "alpha", ("beta",)),
        Owner("beta", tmp_path / "beta"),
        CORE_OWNER,
    ]
    applied = migrate(owners, tmp_path / "data", NOW, database_url=empty_database)
    assert list(dict.fromkeys(each.owner for each in applied)) == ["core", "beta", "alpha"]
    assert all(state.is_current for state in status(owners))


def test_what_is_applied_is_not_applied_again(sample: Distribution) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    assert sample.apply() == ["sample/0001_first"]
    sample.write("0002_second", "def up(migrator, db): pass")
    assert sample.apply() == ["sample/0002_second"]
    assert sample.apply() == []


OPERATIONS = [
    "migrator.drop_column('parent', 'note')",
    "migrator.rename_column('parent', 'note', 'remark')",
    "migrator.add_not_null('parent', 'name')",
    "migrator.drop_not_null('parent', 'name')",
    "migrator.alter_column_type('parent', 'name', peewee.CharField(max_length=50))",
    "migrator.add_column('parent', 'size', peewee.IntegerField(default=0))",
    "migrator.add_index('parent', ('name',))",
    "migrator.add_column('parent', 'chief', peewee.IntegerField(null=True, unique=True))",
    "migrator.rename_table('parent', 'elder')",
    "migrator.add_column('parent', 'day', peewee.DateField(null=True))",
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_operation_deletes_the_children_of_a_cascade(
    sample: Distribution, operation: str
) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    sample.apply()
    sample.write(
        "0002_change",
        f"""
        import peewee

        def up(migrator, db):
            migrator.migrate({operation})
        """,
    )
    sample.apply()
    assert count("child") == 20


def test_the_same_operation_in_an_open_transaction_deletes_them(sample: Distribution) -> None:
    if is_postgresql():
        pytest.skip("only SQLite rebuilds tables")
    sample.write("0001_first", PARENT_AND_CHILD)
    sample.apply()
    migrator = SchemaMigrator.from_database(db.obj)
    with writing():
        migrator.migrate(migrator.add_not_null("parent", "name"))
    assert count("child") == 0


def test_rows_that_lose_their_parent_bring_everything_back(sample: Distribution) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    sample.apply()
    sample.write("0002_change", "def up(migrator, db): db.execute_sql('DELETE FROM parent')")
    with pytest.raises(MigrationError, match=r"MIG-00[56]"):
        sample.apply()
    assert (count("parent"), count("child")) == (20, 20)


def test_rows_lost_in_a_table_not_mentioned_are_brought_back(sample: Distribution) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    sample.apply()
    sample.write(
        "0002_change",
        """
        def up(migrator, db):
            db.execute_sql("DELETE FROM " + "ch" + "ild WHERE id > 3")
        """,
    )
    with pytest.raises(MigrationError, match=r"MIG-005.*child 从 20 行减少到 4 行"):
        sample.apply()
    assert count("child") == 20


def test_a_migration_that_raises_leaves_nothing_behind(sample: Distribution) -> None:
    sample.write(
        "0001_first",
        """
        def up(migrator, db):
            db.execute_sql("CREATE TABLE half (id integer)")
            raise ValueError("no further")
        """,
    )
    with pytest.raises(MigrationError, match="no further") as refused:
        sample.apply()
    assert refused.value.owner == "sample"
    with reading():
        assert "half" not in db.get_tables()


def test_a_plugin_that_cannot_migrate_does_not_stop_another(
    sample: Distribution, tmp_path: Path
) -> None:
    sample.write("0001_first", "def up(migrator, db): raise ValueError")
    other = Distribution(tmp_path, sample.url, "zeta")
    other.write("0001_first", "def up(migrator, db): pass")
    with pytest.raises(MigrationError, match="sample/0001_first"):
        sample.apply(other.owner)
    assert [s.is_current for s in status([sample.owner, other.owner])] == [False, True]


def test_a_changed_file_is_refused(sample: Distribution) -> None:
    path = sample.write("0001_first", "def up(migrator, db): pass")
    sample.apply()
    path.write_text("def up(migrator, db): return None\n", "utf-8")
    with pytest.raises(MigrationError, match="MIG-002"):
        sample.apply()


def test_a_newer_schema_is_refused(sample: Distribution) -> None:
    sample.write("0001_first", "def up(migrator, db): pass")
    sample.write("0002_second", "def up(migrator, db): pass").rename(
        sample.owner.directory / "0002_later.py"
    )
    sample.apply()
    (sample.owner.directory / "0002_later.py").unlink()
    with pytest.raises(MigrationError, match=r"MIG-003.*0002_later"):
        sample.apply()


@pytest.mark.parametrize("content", ["x = 1", "atomic = False\ndef up(migrator, db): pass"])
def test_a_migration_without_a_transaction_is_refused(sample: Distribution, content: str) -> None:
    sample.write("0001_first", content)
    with pytest.raises(MigrationError, match="MIG-008"):
        sample.apply()


def test_a_database_with_content_is_copied_first(sample: Distribution) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    sample.apply()
    assert not (sample.data / "backups").exists()
    sample.write("0002_second", "def up(migrator, db): pass")
    sample.apply()
    (copy,) = (sample.data / "backups").iterdir()
    assert copy.name.startswith("before-")
    assert copy.stat().st_size > 0


def test_no_backup_no_migration(sample: Distribution) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    sample.apply()
    sample.write("0002_second", "def up(migrator, db): pass")
    sample.data.mkdir(exist_ok=True)
    (sample.data / "backups").write_text("in the way")
    with pytest.raises(OperatorError, match="BKP-011"):
        sample.apply()
    assert not status([sample.owner])[0].is_current


def test_a_migration_inside_a_transaction_is_refused(sample: Distribution) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"), writing():
        sample.apply()


RUN = """
import datetime as dt, sys
from pathlib import Path
from openbureau.base.database import db, open_database
from openbureau.base.migrations import Owner, migrate
folder, data, url = sys.argv[1:]
db.initialize(open_database(url))
now = dt.datetime.now(dt.UTC)
applied = migrate([Owner("sample", Path(folder))], Path(data), now, database_url=url)
sys.stdout.write(f"{len(applied)}\\n")
"""


def start(sample: Distribution) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", RUN, str(sample.owner.directory), str(sample.data), sample.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_of_three_processes_one_migrates_and_all_succeed(sample: Distribution) -> None:
    sample.write("0001_first", PARENT_AND_CHILD)
    processes = [start(sample) for _ in range(3)]
    outputs = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert outputs == ["0", "0", "1"]


def test_killed_at_every_statement_it_is_whole_or_absent(sample: Distribution) -> None:
    sample.write(
        "0001_first",
        """
        import os, signal
        from pathlib import Path

        HERE = Path(__file__)

        def step(db, number):
            if (HERE.with_name("kill")).read_text() == str(number):
                os.kill(os.getpid(), signal.SIGKILL)
            db.execute_sql(f"CREATE TABLE step_{number} (id integer)")

        def up(migrator, db):
            for number in range(4):
                step(db, number)
        """,
    )
    for number in range(4):
        (sample.owner.directory / "kill").write_text(str(number))
        with start(sample) as process:
            assert process.wait(60) == -signal.SIGKILL
        with reading():
            assert not [name for name in db.get_tables() if name.startswith("step_")]
    (sample.owner.directory / "kill").write_text("never")
    assert sample.apply() == ["sample/0001_first"]
    assert count("step_3") == 0
