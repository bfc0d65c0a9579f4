"""Children are kept alive, stopped in order, and die with their parent."""

import os
import signal
import sys
from pathlib import Path

from cli.dev.process import LOG_BYTES, Spec, open_log
from cli.dev.supervisor import HEALTHY_SECONDS, Supervisor, restart_delay
from tests.cli.dev.support import alive, python, until

SLEEPER = (sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()",
)


def supervisor(tmp_path: Path) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    return Supervisor(tmp_path, said.append), said


def test_killed_child_is_back_soon(tmp_path: Path) -> None:
    children, said = supervisor(tmp_path)
    children.start(Spec("sleeper", SLEEPER, stop_seconds=60))
    first = children.pid("sleeper")
    assert first
    os.kill(first, signal.SIGKILL)

    def back() -> bool:
        children.poll()
        return children.pid("sleeper") not in (None, first)

    until(back)
    children.stop(seconds=120)
    assert len(said) == 1 and "sleeper died (SIGKILL), starting it again in 0.25 s" in said[0]


def test_delays_grow_up_to_ten_seconds_and_start_below_one() -> None:
    delays = [restart_delay(deaths) for deaths in range(1, 5000)]
    assert delays[0] < 1
    assert delays == sorted(delays)
    assert 5 < max(delays) < 10


def test_child_that_cannot_live_is_tried_for_ever_and_forgiven_when_healthy(tmp_path: Path) -> None:
    now = [0.0]
    children = Supervisor(tmp_path, lambda _: None, clock=lambda: now[0])
    ready = tmp_path / "ready"
    code = f"import os, signal, sys\nif not os.path.exists({str(ready)!r}): sys.exit(3)\nsignal.pause()"
    children.start(Spec("unlucky", (sys.executable, "-c", code)))

    def died(times: int) -> bool:
        if children.pid("unlucky") is None:  # however long it takes to start, it has not lived for long
            now[0] += 0.5
        children.poll()
        return children.deaths("unlucky") >= times

    until(lambda: died(4))
    ready.touch()
    until(lambda: (died(99), children.pid("unlucky"))[1])
    pid = children.pid("unlucky")
    now[0] += HEALTHY_SECONDS
    children.poll()
    assert children.pid("unlucky") == pid
    assert children.deaths("unlucky") == 0
    children.stop()


def test_program_that_is_missing_is_a_death_and_not_an_end(tmp_path: Path) -> None:
    children, said = supervisor(tmp_path)
    children.start(Spec("nothing", ("/nonexistent/program",)))
    assert children.deaths("nothing") == 1 and "could not start" in said[0]


def test_stops_the_last_first_and_kills_who_is_late(tmp_path: Path) -> None:
    children, said = supervisor(tmp_path)
    journal = tmp_path / "journal"
    for name in ("first", "second"):
        code = (
            "import signal, sys\n"
            f"def end(*_): open({str(journal)!r}, 'a').write('{name} '); sys.exit(0)\n"
            "signal.signal(15, end); print('up', flush=True)\nwhile True: signal.pause()"
        )
        children.start(Spec(name, (sys.executable, "-c", code), stop_seconds=60))
    children.start(Spec("stubborn", STUBBORN, stop_seconds=0.3))
    pids = [children.pid(name) for name in children.names]
    until(lambda: all("up" in children.last_words(name) for name in children.names))
    children.stop(seconds=120)
    assert journal.read_text() == "second first "
    assert said == ["stubborn did not stop in time and was killed"]
    assert not any(alive(pid) for pid in pids if pid)


PARENT = """
import sys
from pathlib import Path
from cli.dev.process import Spec, spawn
child = spawn(Spec("child", (sys.executable, "-c", "import signal; signal.pause()")), Path(sys.argv[1]))
print(child.pid)
child.wait()
"""


def test_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with python(PARENT, str(tmp_path)) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
        until(lambda: not alive(child))


def test_large_log_is_moved_away_once(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(b"a" * (LOG_BYTES + 1))
    open_log(tmp_path, "x").close()
    assert (tmp_path / "x.log").stat().st_size == 0
    assert (tmp_path / "x.log.1").stat().st_size > LOG_BYTES
