"""A parent that starts one child and waits: `python parent_process.py`."""

import os
import subprocess
import sys

from openbureau.shell.children import PARENT

CHILD = """
import os, time
from openbureau.shell.children import die_with_parent
die_with_parent()
os.write(1, f"{os.getpid()}\\n".encode())
time.sleep(60)
"""

if __name__ == "__main__":
    environment = {**os.environ, PARENT: str(os.getpid())}
    subprocess.run([sys.executable, "-c", CHILD], env=environment, check=True)
