"""A synchronisation that ends itself at the n-th statement, as a power cut would.

Arguments: data directory, directory address, number of the statement (0 for never), and the uid
of an ordered run to carry out instead. Prints how many statements there were.
"""

import os
import signal
import sys
from pathlib import Path

from openbureau.base.database import db, open_database, reading
from openbureau.base.settings import Settings
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.command import commanded
from openbureau.kernel.sync.queries import run_by_uid
from openbureau.testing.directory import NOW
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX

ORDERED = 4


def main() -> None:
    data, url, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    db.initialize(open_database(Settings(data=data).database_url))
    counted = 0

    def count(statement: str) -> None:
        nonlocal counted
        counted += 1
        if counted == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with reading():
        db.connection().set_trace_callback(count)
        if len(sys.argv) > ORDERED:
            run = run_by_uid(sys.argv[ORDERED])
            status = int(carry_out(run, Settings(data=data), NOW).state != "applied")
        else:
            config = DirectoryConfig(url, READER_DN, READER_PASSWORD, SUFFIX)
            status = commanded(config, is_dry_run=False, now=NOW).exit_status
    sys.stdout.write(f"{counted} {status}\n")


if __name__ == "__main__":
    main()
