"""One Postgres and one Temporal server for a whole test run, however many processes it has."""

import asyncio
import json
import shutil
import signal
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from api.bootstrap import bootstrap
from cli.dev import temporal
from cli.dev.postgres import Postgres
from cli.dev.process import Spec, spawn, terminate
from config.settings import Settings
from db.engine import make_engine, make_sessions
from db.migrate import upgrade
from tests.support.certificates import make_certificate
from tests.support.ports import free_port

ADMIN_TOKEN = "test-admin-token"
ADMIN_PASSWORD = "test-admin-password"
SECRET_KEY = "dGVzdC1zZWNyZXQta2V5LW9mLTMyLWJ5dGVzISEhISE="

START_SECONDS = 180
"""Of a server, on a machine that has others to serve."""

ALONE = "main"
"""Name of the only process of a run, when there is no xdist."""

_TEMPLATE = "tocsin_template"
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "300",
}
_DYNAMIC = {
    # The hour-long ladder in seconds (TEMPORAL.md, section 2 A).
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # A namespace per process: each polls on its own.
    "frontend.namespaceCount": "100000",
    "frontend.namespaceRPS": "100000",
}


@dataclass(frozen=True)
class Addresses:
    """Where the servers are, as the processes of a run hear of them."""

    postgres: str
    """URL of the maintenance database."""
    temporal: str

    def dumps(self) -> str:
        """As a string, for xdist."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> "Addresses":
        """What `dumps` wrote."""
        return cls(**json.loads(text))

    def database(self, name: str) -> str:
        """URL of a database."""
        return f"{self.postgres.rpartition('/')[0]}/{name}"


def process_name(config: pytest.Config) -> str:
    """The name of this process of the run."""
    governed: dict[str, str] = getattr(config, "workerinput", {})
    return governed.get("workerid", ALONE)


class Servers:
    """Started by the process that governs the run. Killed with it: the kernel tells the children."""

    def __init__(self, namespaces: list[str]) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="tocsin-tests-"))
        self._home.chmod(0o755)  # Postgres runs as somebody else when we are root
        self._postgres = Postgres(self._home, free_port(), "tests", options=_FAST)
        self._namespaces = namespaces
        self.certificate, _ = make_certificate(self._home)
        """The only one that clients of this run trust unless they are told otherwise."""
        self._temporal: subprocess.Popen[bytes] | None = None

    def start(self) -> Addresses:
        """Start both, and make the database that the others are copied from."""
        port = free_port()
        self._temporal = spawn(self._temporal_spec(port), self._home / "logs")
        self._postgres.start(START_SECONDS)
        make_template(self._postgres.url_of(_TEMPLATE), self._postgres.url_of("postgres"))
        for namespace in self._namespaces:
            temporal.wait_until_serving(f"127.0.0.1:{port}", namespace, START_SECONDS)
        return Addresses(self._postgres.url_of("postgres"), f"127.0.0.1:{port}")

    def stop(self) -> None:
        """Stop both and forget their data."""
        if self._temporal is not None:
            terminate(self._temporal, Spec("temporal", ()), 2)
        self._postgres.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _temporal_spec(self, port: int) -> Spec:
        line = [*temporal.command(None, port=port, ui_port=None, log_level="error")]
        for namespace in self._namespaces:
            line += ["--namespace", namespace]
        for name, value in _DYNAMIC.items():
            line += ["--dynamic-config-value", f"{name}={value}"]
        return Spec(name="temporal", argv=tuple(line), stop_signal=signal.SIGKILL)


def make_template(url: str, maintenance: str) -> None:
    """A database with the newest schema and the example organisation."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
    upgrade(url)
    asyncio.run(_bootstrap(url))


def copy_template(maintenance: str, name: str) -> None:
    """A database of its own for one process of the run."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(_TEMPLATE)))


def make_settings(home: Path, database: str, address: str) -> Settings:
    """Settings that nothing of the machine gets into."""
    return Settings(
        _env_file=None,
        home=home,
        database_url=database,
        temporal_address=address,
        example_catalog=True,
        admin_token=SecretStr(ADMIN_TOKEN),
        admin_password=SecretStr(ADMIN_PASSWORD),
        secret_key=SecretStr(SECRET_KEY),
        public_url="http://tocsin.test",
        link_grace_seconds=2,
        log_level="ERROR",
    )


async def _bootstrap(url: str) -> None:
    engine = make_engine(url)
    try:
        await bootstrap(make_sessions(engine), make_settings(Path("/nonexistent"), url, "127.0.0.1:1"))
    finally:
        await engine.dispose()
