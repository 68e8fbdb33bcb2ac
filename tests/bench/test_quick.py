"""Every measurement still runs and says what the manual promises."""

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from openbureau.shell.bench.works import WORKS
from openbureau.shell.cli.bench import bench

NEEDS_WRK = {"P1", "P2", "P3", "P6"}


@pytest.mark.parametrize("work", list(WORKS))
def test_quick_measurement_prints_the_documented_json(work: str) -> None:
    done = CliRunner().invoke(bench, [work, "--quick", "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert set(found) == {"machine", "runs"}
    assert found["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert found["runs"]
    for run in found["runs"]:
        assert {"work", "contender", "rate", "p50_ms", "p99_ms", "ratio"} <= set(run)
        assert run["work"].split()[0] == work
        assert not run.get("faults")
    if work not in NEEDS_WRK or shutil.which("wrk"):
        assert "skipped" not in next(r for r in found["runs"] if r["contender"] != "bare Starlette")


def test_absent_load_generator_skips_the_work_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = CliRunner().invoke(bench, ["P2", "--quick", "--json"], catch_exceptions=False)
    (run,) = json.loads(done.stdout)["runs"]
    assert run["work"] == "P2"
    assert run["skipped"] == "wrk is not installed (Debian package wrk)"
    assert run["rate"] is None


def test_table_names_what_was_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = CliRunner().invoke(bench, ["P6", "--quick"], catch_exceptions=False)
    assert "略过 skipped: wrk is not installed" in done.stdout
