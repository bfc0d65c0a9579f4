"""`tocsin dev` from start to stop, with real Postgres and Temporal, and stand-ins for API and worker."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from cli.dev import ports
from cli.dev.postgres import Postgres
from tests.cli.dev.support import RUN_DEV, kill, processes_of, python, until
from tests.support.ports import free_port


def environment(home: Path) -> dict[str, str]:
    chosen = {name: str(free_port()) for name in ("API", "TEMPORAL", "TEMPORAL_UI")}
    return {"TOCSIN_HOME": str(home), **{f"TOCSIN_{name}_PORT": port for name, port in chosen.items()}}


@contextmanager
def running(env: dict[str, str], stub: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A `tocsin dev` that said it is ready, and what it printed."""
    with python(RUN_DEV, str(stub), env=env) as process:
        yield process, read_until(process, "Ctrl-C stops everything")


def read_until(process: "subprocess.Popen[str]", sentence: str) -> str:
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if sentence in line:
            return said
    raise AssertionError(said)


def end(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> float:
    """Seconds it took to stop."""
    started = time.monotonic()
    process.send_signal(number)
    assert process.wait(60) == 0
    return time.monotonic() - started


def test_start_death_stop_and_start_again(tmp_path: Path, stub_tocsin: Path) -> None:
    home = tmp_path / "home"
    env = environment(home)
    with running(env, stub_tocsin) as (process, said):
        facts = json.loads((home / "embedded.json").read_text())
        for shown in (facts["api_url"], facts["token"], facts["admin_email"], facts["admin_password"], "/api/docs/"):
            assert shown in said
        with psycopg.connect(facts["database_url"], autocommit=True) as connection:
            connection.execute("CREATE TABLE remembered ()")
        lines = processes_of(home)
        for part in ("tocsin api", "tocsin worker", f"postgres -D {home}/postgres", "temporal server start-dev"):
            assert any(part in line for line in lines.values()), (part, lines)

        with python(RUN_DEV, str(stub_tocsin), env=env) as second:
            assert second.wait(180) == 1
            assert second.stdout and f"pid {process.pid}" in second.stdout.read()

        worker = next(pid for pid, line in lines.items() if line.endswith("tocsin worker "))
        kill(worker)
        assert "worker died (SIGKILL)" in read_until(process, "worker died")
        until(lambda: any(line.endswith("tocsin worker ") for line in processes_of(home).values()))

        postmaster = next(pid for pid, line in lines.items() if "postgres -D" in line)
        kill(postmaster)
        until(lambda: _answers(facts["database_url"]))

        assert end(process, signal.SIGINT) < 30
    assert not processes_of(home)
    assert not (home / "embedded.json").exists()

    with running(env, stub_tocsin) as (process, said):
        again = json.loads((home / "embedded.json").read_text())
        assert again == facts
        with psycopg.connect(again["database_url"]) as connection:
            connection.execute("SELECT FROM remembered")
        process.kill()
        until(lambda: not processes_of(home))
    assert (home / "embedded.json").exists()

    # What the killed one left must not be taken for the operator's settings.
    with running(env, stub_tocsin) as (process, said):
        assert "Postgres" in said and "Temporal server" in said
        end(process)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True


def test_everything_killed_at_once(tmp_path: Path, stub_tocsin: Path) -> None:
    home = tmp_path / "home"
    env = environment(home)
    with running(env, stub_tocsin) as (process, _):
        for pid in [process.pid, *processes_of(home)]:
            kill(pid)
    with running(env, stub_tocsin) as (process, _):
        end(process)
    assert not processes_of(home)


def test_taken_port_is_said(tmp_path: Path, stub_tocsin: Path) -> None:
    env = environment(tmp_path / "home")
    taken = socket.create_server((ports.LOOPBACK, int(env["TOCSIN_TEMPORAL_UI_PORT"])))
    with taken, python(RUN_DEV, str(stub_tocsin), env=env) as process:
        assert process.wait(180) == 1
        assert process.stdout
        said = process.stdout.read()
    assert env["TOCSIN_TEMPORAL_UI_PORT"] in said and "TOCSIN_TEMPORAL_UI_PORT" in said


def test_child_that_keeps_dying_is_shown_and_tried_on(tmp_path: Path, stub_tocsin: Path) -> None:
    env = {**environment(tmp_path / "home"), "STUB_API_FAILS": "1"}
    with python(RUN_DEV, str(stub_tocsin), env=env) as process:
        said = read_until(process, "the stub API fails as it was told")
        assert "api has died 3 times in a row and is tried again for ever" in said
        assert end(process) < 30


def test_joins_what_the_operator_runs(tmp_path: Path, stub_tocsin: Path, server: Postgres) -> None:
    home = tmp_path / "home"
    env = {**environment(home), "TOCSIN_DATABASE_URL": server.url, "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    with running(env, stub_tocsin) as (process, said):
        assert "127.0.0.1:1" in said
        children = [line for line in processes_of(home).values() if "tocsin " in line]
        assert len(children) == 2 and not any("postgres -D" in line for line in processes_of(home).values())
        assert json.loads((home / "embedded.json").read_text())["database_url"] == server.url
        end(process)


def test_closed_terminal_leaves_nothing_behind(tmp_path: Path, stub_tocsin: Path) -> None:
    home = tmp_path / "home"
    with running(environment(home), stub_tocsin) as (process, _):
        assert process.stdout
        process.stdout.close()  # its next line meets a broken pipe
        end(process, signal.SIGHUP)
    assert not processes_of(home)
