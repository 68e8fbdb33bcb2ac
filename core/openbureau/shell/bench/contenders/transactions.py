"""Bare SQLite: how many transactions a second with full synchronisation, and how long each.

`FILE SECONDS`; prints one line of JSON. One transaction is two inserts and an update.
"""

import json
import sqlite3
import statistics
import sys
import time
from pathlib import Path

INSERT_ENTRY = "INSERT INTO entry (title, state) VALUES (?, ?)"
INSERT_TRAIL = "INSERT INTO trail (entry, detail) VALUES (?, ?)"


def main(path: Path, seconds: float) -> None:
    """Runs transactions for a while."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=wal")
    connection.execute("PRAGMA synchronous=full")
    connection.execute("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, title, state)")
    connection.execute("CREATE TABLE IF NOT EXISTS trail (id INTEGER PRIMARY KEY, entry, detail)")
    started = time.perf_counter()
    took = []
    while time.perf_counter() - started < seconds:
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        key = connection.execute(INSERT_ENTRY, ("t" * 40, "new")).lastrowid
        connection.execute(INSERT_TRAIL, (key, "d" * 80))
        connection.execute("UPDATE entry SET state = ? WHERE id = ?", ("done", key))
        connection.execute("COMMIT")
        took.append((time.perf_counter() - begun) * 1000)
    elapsed = time.perf_counter() - started
    centiles = statistics.quantiles(took, n=100)
    found = {"rate": len(took) / elapsed, "p50_ms": centiles[49], "p99_ms": centiles[98]}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
