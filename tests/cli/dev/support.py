"""What the tests of `tocsin dev` share: polling with a deadline, and stand-ins for API and worker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]

STUB_TOCSIN = f"""#!{sys.executable}
import http.server, os, signal, sys
if sys.argv[1] == "worker":
    signal.pause()
if os.environ.get("STUB_API_FAILS"):
    sys.exit("the stub API fails as it was told")
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"status": "ok"}}')
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["TOCSIN_API_PORT"])), Answer).serve_forever()
"""

RUN_DEV = """
import signal, sys
from pathlib import Path
import typer
from cli.dev import command, plan
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have begun them with nohup
if len(sys.argv) > 1:
    plan.tocsin_program = lambda: Path(sys.argv[1])
try:
    command.dev()
except typer.Exit as exit:
    sys.exit(exit.exit_code)
"""
"""`tocsin dev` with another program as API and worker."""


def until(condition: Callable[[], object], seconds: float = 60, what: str = "") -> None:
    """Wait for `condition`, and fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid: int) -> None:
    """kill -9, unless it has ended already: children die with their parent."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def processes_of(home: Path) -> dict[int, str]:
    """Living processes whose command line or marked environment names `home`: pid → command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and alive(int(entry.name)):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                marked = f"TOCSIN_DEV_HOME={home}".encode() in (entry / "environ").read_bytes().split(b"\0")
                if str(home) in line or marked:
                    found[int(entry.name)] = line
    return found


@contextmanager
def python(code: str, *args: str, env: dict[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A Python child in the checkout; killed at the end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN_", "TEMPORAL_"))}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *args],
        cwd=ROOT,
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()
