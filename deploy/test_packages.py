"""Installs the servers the tests start, where the machine allows it; names what is missing.

Debian and Ubuntu, as root or with sudo that asks no password. Elsewhere the tests that
need a missing server are skipped by name.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a test needs, a file that proves it is there, the package that brings it.
NEEDED = (
    ("OpenLDAP", ("slapd", "/usr/sbin/slapd"), "slapd"),
    ("ldap-utils", ("ldapsearch",), "ldap-utils"),
    ("Samba's domain controller", ("samba", "/usr/sbin/samba"), "samba-ad-dc"),
    ("OpenSSL", ("openssl",), "openssl"),
    ("PostgreSQL", ("initdb", "/usr/lib/postgresql/*/bin/initdb"), "postgresql"),
    ("Chromium", ("chromium", "chromium-browser"), "chromium"),
    ("Ghostscript", ("gs",), "ghostscript"),
    ("wrk", ("wrk",), "wrk"),
    (
        "Chinese fonts",
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",),
        "fonts-noto-cjk",
    ),
)
# What only the long runs need: `--deep`.
NEEDED_BY_DEEP = (
    ("Java", ("java",), "default-jre-headless"),
    ("Node.js", ("node",), "nodejs"),
    ("npm", ("npm",), "npm"),
    ("LibreOffice Writer", ("/usr/lib/libreoffice/program/libswlo.so",), "libreoffice-writer"),
    ("LibreOffice Calc", ("/usr/lib/libreoffice/program/libsclo.so",), "libreoffice-calc"),
)


def main() -> int:
    """Always 0: a machine that allows nothing still runs the other tests."""
    needed = NEEDED + NEEDED_BY_DEEP if "--deep" in sys.argv[1:] else NEEDED
    missing = [package for _, proofs, package in needed if not is_there(proofs)]
    if not missing:
        return 0
    prefix = privilege()
    if prefix is None or shutil.which("apt-get") is None:
        names = ", ".join(missing)
        print(f"缺少 {names}，相关测试将跳过。Missing {names}: those tests are skipped.")
        return 0
    print(f"正在安装测试所需的软件。Installing for the tests: {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    update = [*prefix, "apt-get", "update", "-qq"]
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    for command in (update, install):
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            print(f"安装未完成 Not installed: {' '.join(command)}")
    return 0


def is_there(proofs: tuple[str, ...]) -> bool:
    """Whether a program is on PATH or one of the files exists."""
    return any(
        any(Path("/").glob(proof[1:])) if proof.startswith("/") else shutil.which(proof)
        for proof in proofs
    )


def privilege() -> list[str] | None:
    """How to run apt: nothing for root, sudo without a password, or None."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


if __name__ == "__main__":
    sys.exit(main())
