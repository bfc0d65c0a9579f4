"""The embedded Postgres: made once, found again after every kind of death."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from cli.dev import leftovers
from cli.dev.errors import StartError
from cli.dev.postgres import Postgres
from tests.cli.dev.support import alive, python, until
from tests.support.ports import free_port
from tests.support.servers import START_SECONDS

FAST = {"fsync": "off"}
ATTEMPTS = 10
START = """
import sys
from pathlib import Path
from cli.dev.postgres import Postgres
server = Postgres(Path(sys.argv[1]), int(sys.argv[2]), "secret", options={"fsync": "off"})
print("starting")
server.start(180)
print(server.pid)
sys.stdin.read()
"""


def ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def test_speaks_utf8_and_asks_for_the_password(server: Postgres) -> None:
    assert ask(server, "SELECT current_setting('server_encoding') || upper('ä')") == "UTF8Ä"
    assert ask(server, "SHOW max_connections") == "200"
    assert "trust" not in [
        line.split()[-1] for line in (server.data / "pg_hba.conf").read_text().splitlines() if line[:1] not in ("#", "")
    ]
    with pytest.raises(StartError, match="another password"):
        Postgres(server.home, server.port, "wrong").accepts()


def test_command_line_names_the_data(server: Postgres) -> None:
    line = Path(f"/proc/{server.pid}/cmdline").read_bytes().split(b"\0")
    assert line[0].endswith(b"/postgres")
    assert line[1:3] == [b"-D", str(server.data).encode()]


def test_data_survive_kill(server: Postgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    server.start(START_SECONDS)
    assert ask(server, "SELECT count(*) FROM kept") == 1000


@pytest.mark.parametrize("pid_of", ["a dead process", "another program", "nonsense"])
def test_stale_pid_file_does_not_matter(server: Postgres, pid_of: str) -> None:
    content = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    with python("import signal; signal.pause()") as other:
        if pid_of == "a dead process":
            other.kill()
            other.wait()
        first = "nonsense" if pid_of == "nonsense" else str(other.pid)
        (server.data / "postmaster.pid").write_text("\n".join([first, *content[1:]]) + "\n")
        server.start(START_SECONDS)
    assert ask(server, "SELECT 1") == 1


def test_orphan_is_stopped_first(server: Postgres) -> None:
    orphan = server.pid
    assert orphan and leftovers.postgres_of(server.data)
    second = Postgres(server.home, free_port(), "pass word'", options=FAST)
    second.start(START_SECONDS)
    assert not alive(orphan)
    second.stop()
    server.start(START_SECONDS)


def test_initdb_that_was_killed_is_done_again(tmp_path: Path) -> None:
    homes = [tmp_path / str(number) for number in range(ATTEMPTS)]
    home = next(home for home in homes if killed_half_way(home))
    server = Postgres(home, free_port(), "secret", options=FAST)
    server.start(START_SECONDS)
    assert ask(server, "SELECT 1") == 1
    server.stop()
    assert sorted(path.name for path in home.iterdir()) == ["logs", "postgres"]


def killed_half_way(home: Path) -> bool:
    """Kill whoever makes the data; False when it was done with them before we saw that it had begun."""
    home.mkdir()
    unfinished, made = home / "postgres.new" / "global", home / "postgres"
    with python(START, str(home), str(free_port())) as starter:
        until(lambda: unfinished.exists() or made.exists())
        starter.kill()
        starter.wait()
        return not made.exists()


def test_data_that_are_none_are_set_aside(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "precious").touch()
    server = Postgres(tmp_path, free_port(), "secret", options=FAST)
    server.start(START_SECONDS)
    server.stop()
    assert (tmp_path / "postgres.broken-1" / "precious").exists()


def test_other_major_version_is_said(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartError, match="made by Postgres 17"):
        Postgres(tmp_path, free_port(), "secret").start()


def test_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with python(START, str(tmp_path), str(free_port())) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == "starting\n"
        postmaster = int(starter.stdout.readline())
        starter.kill()
        until(lambda: not alive(postmaster))
    until(lambda: not leftovers.postgres_of(tmp_path / "postgres"))
