"""Postgres refuses root: what happens when `tocsin dev` is root, and when it is not."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.dev import identity
from cli.dev.errors import StartError
from cli.dev.postgres import Postgres
from tests.cli.dev.support import ROOT, alive, python, until
from tests.support.ports import free_port
from tests.support.servers import START_SECONDS

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
FAST = {"fsync": "off"}


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A home below a directory that everybody may enter; pytest's own are closed."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    yield path
    shutil.rmtree(path)


@as_root
def test_root_keeps_its_data_and_opens_no_directory(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    if not identity._possible(identity.Identity(0, 0, namespace=True), Path("/bin/true")):
        pytest.skip("no user namespaces here")
    modes = [stat.S_IMODE(parent.stat().st_mode) for parent in (closed, *closed.parents)]
    server = Postgres(closed, free_port(), "secret", options=FAST)
    server.start(START_SECONDS)
    psycopg.connect(server.url).close()
    server.stop()
    assert [stat.S_IMODE(parent.stat().st_mode) for parent in (closed, *closed.parents)] == modes
    assert {path.stat().st_uid for path in closed.rglob("*")} == {0}


@as_root
def test_without_namespaces_a_closed_directory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_possible", lambda *_: False)
    (tmp_path / "closed").mkdir(mode=0o700)
    home = tmp_path / "closed" / "home"
    home.mkdir()
    who = identity.other_user()
    first_closed = identity.closed_parent(home / "x", who)
    with pytest.raises(StartError, match=f"may not enter {first_closed}. Choose another TOCSIN_HOME"):
        Postgres(home, free_port(), "secret").start()
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700


OTHER_USER = """
import sys
from pathlib import Path
from cli.dev import identity
from cli.dev.postgres import Postgres
identity._possible = lambda *_: False
server = Postgres(Path(sys.argv[1]), int(sys.argv[2]), "secret", options={"fsync": "off"})
server.start(180)
print(server.pid)
sys.stdin.read()
"""


@as_root
def test_without_namespaces_another_user_runs_it_and_still_dies_with_us(open_directory: Path) -> None:
    who = identity.other_user()
    if identity.closed_parent(Path(sys.prefix) / "x", who):
        pytest.skip(f"uid {who.uid} cannot read this venv")
    with python(OTHER_USER, str(open_directory), str(free_port())) as starter:
        assert starter.stdout
        line = starter.stdout.readline()
        assert line.strip().isdigit(), line + starter.stdout.read()
        postmaster = int(line)
        assert Path(f"/proc/{postmaster}").stat().st_uid == who.uid
        assert (open_directory / "postgres").stat().st_uid == who.uid
        assert stat.S_IMODE(open_directory.stat().st_mode) == 0o710
        starter.kill()
        until(lambda: not alive(postmaster))
    # Found again with namespaces allowed: the data stay that user's.
    again = Postgres(open_directory, free_port(), "secret", options=FAST)
    again.start(START_SECONDS)
    again.stop()
    assert (open_directory / "postgres" / "base").stat().st_uid == who.uid


ORDINARY = """
import os, sys
from pathlib import Path
import psycopg
from cli.dev.postgres import Postgres
assert os.geteuid() != 0
server = Postgres(Path(sys.argv[1]), int(sys.argv[2]), "secret", options={"fsync": "off"})
server.start(180)
psycopg.connect(server.url).close()
server.stop()
print("fine")
"""


@as_root
def test_ordinary_user(open_directory: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(open_directory, nobody.pw_uid, nobody.pw_gid)
    # Python may be installed below /root: reading is allowed there, and nothing else.
    privileges = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("no setpriv here")
    done = subprocess.run(
        [
            setpriv,
            f"--reuid={nobody.pw_uid}",
            f"--regid={nobody.pw_gid}",
            "--clear-groups",
            *privileges,
            sys.executable,
            "-c",
            ORDINARY,
            str(open_directory),
            str(free_port()),
        ],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == "fine\n", done.stderr
    assert (open_directory / "postgres").stat().st_uid == nobody.pw_uid
