"""A real Active Directory domain controller (Samba) for tests, in a network namespace of its
own: its ports are fixed, and nothing else on the machine may see them."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from openbureau.testing.slapd import make_certificates
from openbureau.testing.starting import is_listening

REALM = "bureau.example"
SUFFIX = "DC=bureau,DC=example"
ADMIN_DN = f"CN=Administrator,CN=Users,{SUFFIX}"
ADMIN_PASSWORD = "Domain-Admin-1"
START_TIMEOUT_S = 60
PASSWORD = "Correct-Horse-7"
PROVINCE_DN = f"OU=省局,{SUFFIX}"
KUNMING_DN = f"OU=昆明市局,{PROVINCE_DN}"
WUHUA_DN = f"OU=五华区局,{KUNMING_DN}"
ENABLED, DISABLED = "512", "514"

Entry = tuple[str, dict[str, str | bytes]]


def missing() -> str:
    """Why no domain controller can be started here; empty when it can."""
    for program, package in (
        ("samba", "samba-ad-dc"),
        ("samba-tool", "samba-ad-dc"),
        ("ip", "iproute2"),
        ("ldapmodify", "ldap-utils"),
    ):
        if _program(program) is None:
            return f"{program} is not installed (Debian package {package})"
    if os.geteuid() != 0:
        return "a network namespace needs root"
    name = f"ob-try-{os.getpid()}"
    made = _ip("netns", "add", name, is_checked=False)
    if made.returncode:
        return f"this machine allows no network namespace: {made.stderr.strip()}"
    _ip("netns", "del", name)
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def _ip(*arguments: str, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program("ip") or "ip", *arguments], check=is_checked, capture_output=True, text=True
    )


def unicode_password(password: str) -> bytes:
    """A password as the attribute `unicodePwd` takes it."""
    return f'"{password}"'.encode("utf-16-le")


def unit_entry(dn: str, code: str) -> Entry:
    name = dn.split(",", maxsplit=1)[0].partition("=")[2]
    return dn, {"objectClass": "organizationalUnit", "ou": name, "destinationIndicator": code}


def person_entry(login: str, name: str, above: str, control: str = ENABLED) -> Entry:
    return f"CN={name},{above}", {
        "objectClass": "user",
        "sAMAccountName": login,
        "displayName": name,
        "title": "科员",
        "telephoneNumber": "0871-1234567",
        "unicodePwd": unicode_password(PASSWORD),
        "userAccountControl": control,
    }


def domain_entries() -> list[Entry]:
    """Three units, eleven people `a0` to `a10`, and `gone`, who is disabled."""
    return [
        unit_entry(PROVINCE_DN, "530000"),
        unit_entry(KUNMING_DN, "530100"),
        unit_entry(WUHUA_DN, "530102"),
        *(person_entry(f"a{n}", f"员工{n}", WUHUA_DN if n % 2 else KUNMING_DN) for n in range(11)),
        person_entry("gone", "离职人员", KUNMING_DN, DISABLED),
    ]


class DomainController:
    """One domain, made anew. `start` and `stop` may be repeated."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._namespace = f"ob-dc-{os.getpid()}"
        number = os.getpid() % 16_384
        network = f"10.{64 + number // 256 % 64}.{number % 256}"
        self._outside, self.address = f"{network}.1", f"{network}.2"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        certificates = make_certificates(folder / "tls", self.address)
        certificates.key.chmod(0o600)
        self.ca_file = certificates.ca_file
        self._make_network()
        self._run(
            "samba-tool", "domain", "provision", "--domain=BUREAU", f"--realm={REALM}",
            "--server-role=dc", f"--adminpass={ADMIN_PASSWORD}", "--host-name=dc1",
            f"--host-ip={self.address}", "--dns-backend=NONE", f"--targetdir={folder / 'dc'}",
        )  # fmt: skip
        self._config = folder / "smb.conf"
        self._config.write_text(self._configuration())

    @property
    def url(self) -> str:
        """The address; passwords are taken only after StartTLS."""
        return f"ldap://{self.address}"

    def _make_network(self) -> None:
        inside, outside = f"obi{os.getpid()}"[:15], f"obo{os.getpid()}"[:15]
        _ip("netns", "add", self._namespace)
        _ip("link", "add", outside, "type", "veth", "peer", inside, "netns", self._namespace)
        _ip("addr", "add", f"{self._outside}/30", "dev", outside)
        _ip("link", "set", outside, "up")
        _ip("-n", self._namespace, "addr", "add", f"{self.address}/30", "dev", inside)
        _ip("-n", self._namespace, "link", "set", inside, "up")
        _ip("-n", self._namespace, "link", "set", "lo", "up")

    def _configuration(self) -> str:
        folders = ("cache", "lock", "pid", "private", "state", "ntp signd socket", "ncalrpc",
                   "winbindd socket", "binddns")  # fmt: skip
        for name in folders:
            (self.folder / "dc" / name).mkdir(mode=0o750, exist_ok=True)
        kept = {
            "binddns dir": "bind-dns",
            "cache directory": "cache",
            "lock directory": ".",
            "pid directory": ".",
            "private dir": "private",
            "state directory": "state",
            "ncalrpc dir": "ncalrpc",
            "ntp signd socket directory": "ntp signd socket",
            "winbindd socket directory": "winbindd socket",
            "log file": "log",
        }
        places = "".join(f"{key} = {self.folder / 'dc' / value}\n" for key, value in kept.items())
        return (
            "[global]\nnetbios name = DC1\nworkgroup = BUREAU\n"
            f"realm = {REALM.upper()}\nserver role = active directory domain controller\n"
            f"server services = ldap\n{places}"
            f"tls certfile = {self.folder / 'tls' / 'server.pem'}\n"
            f"tls keyfile = {self.folder / 'tls' / 'server.key'}\n"
            f"tls cafile = {self.ca_file}\n"
        )

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [_program("ip") or "ip", "netns", "exec", self._namespace, *command],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command[:3]}: {done.stdout[-500:]}{done.stderr[-1000:]}")
        return done.stdout

    def start(self) -> None:
        """Starts the server and waits until it accepts connections.

        Raises RuntimeError: it ended or stayed silent for a minute.
        """
        enter = [_program("ip") or "ip", "netns", "exec", self._namespace]
        serve = [_program("samba") or "samba", "-i", "-M", "single", "-s", str(self._config)]
        with (self.folder / "out").open("ab") as log:
            self._process = subprocess.Popen([*enter, *serve], stdout=log, stderr=log)
        if not is_listening(self._process, self.address, 389, START_TIMEOUT_S):
            said = (self.folder / "out").read_text(errors="replace")
            raise RuntimeError(said or "samba is silent")

    def stop(self) -> None:
        """Ends the server; nothing when it is not running."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=START_TIMEOUT_S)
            self._process = None

    def remove(self) -> None:
        """Ends the server and takes its network away."""
        self.stop()
        _ip("netns", "del", self._namespace, is_checked=False)

    def modify(self, change: str) -> None:
        """Applies LDIF (changes, or additions without `changetype`) as the domain's
        administrator. Raises RuntimeError: with what the server said."""
        done = subprocess.run(
            ["ldapmodify", "-a", "-x", "-ZZ", "-H", self.url, "-D", ADMIN_DN, "-w", ADMIN_PASSWORD],
            input=change.encode(),
            capture_output=True,
            env={**os.environ, "LDAPTLS_CACERT": str(self.ca_file)},
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))

    def tool(self, *arguments: str) -> str:
        """Runs `samba-tool` on the domain; what it printed."""
        return self._run("samba-tool", *arguments, "-s", str(self._config))


@contextlib.contextmanager
def running_domain(folder: Path) -> Iterator[DomainController]:
    """A domain that serves until the block ends."""
    controller = DomainController(folder)
    try:
        controller.start()
        yield controller
    finally:
        controller.remove()
