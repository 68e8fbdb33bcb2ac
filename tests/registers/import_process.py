"""A job consumer with the devices, as a process of its own: `python import_process.py DATA URL`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "example"))

from openbureau.base.plugins import Source
from openbureau.base.settings import Settings
from openbureau.shell.installation import open_installation
from openbureau.shell.jobs import core_handlers, job_registry
from openbureau.shell.worker import run_worker


def main(data: Path, url: str) -> None:
    settings = Settings(data=data, database=url, threads=2)
    opened = open_installation(settings, [Source("devices", "openbureau_devices")])
    registry = job_registry(opened.plugins, core_handlers(settings))
    run_worker(settings, registry, lambda: os.write(1, b"ready\n"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
