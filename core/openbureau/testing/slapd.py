"""A real OpenLDAP server for tests: own configuration, own folder, free port."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbureau.testing.starting import is_listening

SUFFIX = "dc=bureau,dc=example"
ADMIN_DN = f"cn=admin,{SUFFIX}"
ADMIN_PASSWORD = "directory-admin"
READER_DN = f"cn=reader,{SUFFIX}"
READER_PASSWORD = "directory-reader"
START_TIMEOUT_S = 15

_SCHEMAS = ("core", "cosine", "inetorgperson", "nis")
_MODULES = Path("/usr/lib/ldap")
_SCHEMA_FOLDER = Path("/etc/ldap/schema")


def missing() -> str:
    """Why no server can be started here; empty when it can."""
    for program in ("slapd", "slapadd"):
        if _program(program) is None:
            return f"{program} is not installed (Debian package slapd)"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/lib/openldap")


@dataclass(frozen=True, slots=True)
class Certificates:
    """A certificate authority made for one test, and a server certificate it signed."""

    ca_file: Path
    certificate: Path
    key: Path


def free_port() -> int:
    """A port of this machine that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificates(folder: Path, host: str = "localhost", days: int = 2) -> Certificates:
    """A new authority and a certificate for `host`, a name or an IPv4 address; expired when
    `days` is negative."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, ca, key = folder / "ca.key", folder / "ca.pem", folder / "server.key"
    request, certificate = folder / "server.csr", folder / "server.pem"
    extension = folder / "extension"
    kind = "IP" if host.replace(".", "").isdigit() else "DNS"
    extension.write_text(f"subjectAltName={kind}:{host}\n")
    new = ("-newkey", "rsa:2048", "-nodes")
    _openssl(
        "req", "-x509", *new, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=Test CA"
    )
    _openssl("req", *new, "-keyout", key, "-out", request, "-subj", f"/CN={host}")
    signing = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", extension)
    _openssl("x509", "-req", "-in", request, *signing, "-out", certificate, "-days", str(days))
    return Certificates(ca, certificate, key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Slapd:
    """One server. `load` fills it while it is stopped; `start` and `stop` may be repeated.

    `options` are lines before the database's section of the configuration, `access` come
    before its access rules, `extra` after everything (overlays).
    """

    def __init__(
        self,
        folder: Path,
        *,
        size_limit: str = "unlimited",
        reader_limits: str = "size=unlimited time=unlimited",
        certificates: Certificates | None = None,
        options: str = "",
        access: str = "",
        extra: str = "",
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.tls_port = free_port() if certificates else 0
        self._certificates = certificates
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "db").mkdir(parents=True)
        self._config = folder / "slapd.conf"
        self._config.write_text(
            self._configuration(f"sizelimit {size_limit}\n{options}", reader_limits, access, extra)
        )

    @property
    def url(self) -> str:
        """The plain address."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The encrypted address, by the certificate's host name."""
        return f"ldaps://localhost:{self.tls_port}"

    def _configuration(self, options: str, reader_limits: str, access: str, extra: str) -> str:
        tls = ""
        if self._certificates:
            tls = (
                f"TLSCACertificateFile {self._certificates.ca_file}\n"
                f"TLSCertificateFile {self._certificates.certificate}\n"
                f"TLSCertificateKeyFile {self._certificates.key}\n"
            )
        schemas = "".join(f"include {_SCHEMA_FOLDER / name}.schema\n" for name in _SCHEMAS)
        return (
            f"{schemas}pidfile {self.folder / 'pid'}\nargsfile {self.folder / 'args'}\n"
            f"modulepath {_MODULES}\nmoduleload back_mdb\n{options}\n{tls}"
            f"database mdb\nsuffix {SUFFIX}\nrootdn {ADMIN_DN}\nrootpw {ADMIN_PASSWORD}\n"
            f"directory {self.folder / 'db'}\nmaxsize 536870912\ndbnosync\n"
            "index objectClass,entryUUID,uid,ou eq\n"
            f'limits dn.exact="{READER_DN}" {reader_limits}\n'
            f"{access}"
            f'access to attrs=userPassword by dn.exact="{READER_DN}" none by anonymous auth'
            " by * none\n"
            f'access to * by dn.exact="{READER_DN}" read by users read by anonymous auth\n'
            f"{extra}\n"
        )

    def load(self, content: str, *, is_schema_checked: bool = True) -> None:
        """Adds LDIF to the stopped server."""
        program = _program("slapadd") or "slapadd"
        options = ["-q"] if is_schema_checked else ["-q", "-s"]
        subprocess.run(
            [program, "-f", str(self._config), *options],
            input=content.encode(),
            check=True,
            capture_output=True,
        )

    def empty(self) -> None:
        """Throws every entry of the stopped server away."""
        shutil.rmtree(self.folder / "db")
        (self.folder / "db").mkdir()

    def start(self) -> None:
        """Starts the server and waits until it accepts connections.

        Raises RuntimeError: it ended or stayed silent for 15 s.
        """
        urls = self.url + (f" ldaps://127.0.0.1:{self.tls_port}" if self.tls_port else "")
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [_program("slapd") or "slapd", "-d", "0", "-f", str(self._config), "-h", urls],
                stdout=log,
                stderr=log,
            )
        if not is_listening(self._process, "127.0.0.1", self.port, START_TIMEOUT_S):
            said = (self.folder / "log").read_text(errors="replace")
            raise RuntimeError(said or "slapd is silent")

    def stop(self) -> None:
        """Ends the server in good order; nothing when it is not running."""
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(timeout=START_TIMEOUT_S)
            self._process = None

    def kill(self) -> None:
        """Ends the server at once, as a power cut would."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=START_TIMEOUT_S)
            self._process = None

    def signal(self, number: int) -> None:
        """Sends the server's process a signal (SIGSTOP freezes it)."""
        if self._process is not None:
            os.kill(self._process.pid, number)

    def modify(self, change: str) -> None:
        """Applies an LDIF change as the directory's administrator, with `ldapmodify`."""
        subprocess.run(
            ["ldapmodify", "-x", "-H", self.url, "-D", ADMIN_DN, "-w", ADMIN_PASSWORD],
            input=change.encode(),
            check=True,
            capture_output=True,
        )


@contextlib.contextmanager
def running_slapd(folder: Path, content: str, **options: Any) -> Iterator[Slapd]:
    """A started server with this content; stopped and forgotten at the end. `options` are
    those of `Slapd`."""
    server = Slapd(folder, **options)
    if content:
        server.load(content)
    server.start()
    try:
        yield server
    finally:
        server.stop()
