"""A synchronisation that prints how many people it created and its largest memory in KiB.

Arguments: data directory, directory address.
"""

import re
import sys
from pathlib import Path

from openbureau.base.database import db, open_database
from openbureau.base.settings import Settings
from openbureau.kernel.directory.config import DirectoryConfig
from openbureau.kernel.sync.command import commanded
from openbureau.testing.directory import NOW
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX


def main() -> None:
    db.initialize(open_database(Settings(data=Path(sys.argv[1])).database_url))
    config = DirectoryConfig(sys.argv[2], READER_DN, READER_PASSWORD, SUFFIX, deadline_s=600)
    report = commanded(config, is_dry_run=False, now=NOW)
    # `ru_maxrss` would be the largest of the parent, from before the program was loaded.
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    sys.stdout.write(f"{report.people['create']} {peak[1] if peak else 0}\n")


if __name__ == "__main__":
    main()
