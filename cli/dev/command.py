"""The story of `tocsin dev`: lock, Postgres, migrations, Temporal, API, worker, and back in reverse."""

import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import httpx
import typer

from cli.dev import leftovers, plan, temporal
from cli.dev.errors import StartError
from cli.dev.home import Home
from cli.dev.plan import Plan
from cli.dev.postgres import NAME as POSTGRES
from cli.dev.postgres import Postgres
from cli.dev.screen import Screen
from cli.dev.supervisor import Supervisor
from config.settings import Settings
from db.migrate import upgrade

POLL_SECONDS = 0.1
API_STOP_SECONDS = 3.0
"""Open live pages end with it."""
WORKER_STOP_SECONDS = 5.0
"""Time for running activities to finish."""
TROUBLE_DEATHS = 3
"""Deaths in a row after which the end of a child's log is shown."""
SLOW_SECONDS = 15.0
"""How often a step that takes long says what it waits for."""


def dev() -> None:
    """Run the whole product in this terminal until SIGINT or SIGTERM.

    Raises:
        typer.Exit: 1 when it cannot start.
    """
    screen = Screen()
    try:
        home = Home.at(_home_setting())
        with home.locked():
            _Run(home, screen).run()
    except StartError as error:
        screen.refuse(str(error))
        raise typer.Exit(1) from error


def _home_setting() -> Path:
    try:
        return Settings().home
    except ValueError as error:
        raise StartError(f"wrong settings: {error}") from error


class _Stopped(Exception):
    """Somebody asked us to stop while something was starting."""


class _Run:
    """One run, under the lock of its home."""

    def __init__(self, home: Home, screen: Screen) -> None:
        self._home = home
        self._screen = screen
        self._supervisor = Supervisor(home.logs, screen.event)
        self._stopping = False
        self._shown: dict[str, int] = {}

    def run(self) -> None:
        # Started with nohup, SIGHUP is ignored and stays so.
        wanted = [number for number in _STOP_SIGNALS if number != signal.SIGHUP or not _ignored(number)]
        before = {number: signal.signal(number, self._on_signal) for number in wanted}
        os.umask(0o077)  # logs and the Temporal server's file are nobody else's business
        started = time.monotonic()
        try:
            todo, database_url = self._start()
            self._screen.ready(todo, database_url, time.monotonic() - started)
            while True:
                self._tick()
        except _Stopped:
            pass
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self) -> tuple[Plan, str]:
        plan.check_installed()
        self._screen.line(f"home {self._home.root}")
        leftovers.stop_marked(self._home.root)
        todo = plan.make(self._home, plan.fresh_settings(self._home))
        launched = time.monotonic()
        server = self._launch_postgres(todo) if todo.embeds_postgres else None
        # Beside Postgres, because both need a moment; after it, because the order of stopping is the reverse.
        if todo.embeds_temporal:
            self._launch_temporal(todo)
        if server is not None:
            with self._screen.step("Postgres", launched) as done:
                self._wait(POSTGRES, server.usable)
                done.append(f"127.0.0.1:{server.port}")
        database_url = todo.settings.database_url or (server.url if server else "")
        self._home.publish(todo.facts(database_url))
        with self._screen.step("migrations"):
            self._aside(lambda: upgrade(database_url))
        if todo.embeds_temporal:
            self._finish_temporal(todo, launched)
        with self._screen.step("API, pages and worker"):
            self._supervisor.start(todo.tocsin("api", API_STOP_SECONDS))
            self._supervisor.start(todo.tocsin("worker", WORKER_STOP_SECONDS))
            self._wait_until_ready(todo)
        return todo, database_url

    def _launch_postgres(self, todo: Plan) -> Postgres:
        # An orphan of the last run may hold the kept port: first it goes, then the port is chosen.
        Postgres(self._home.root, 0, "").clear()
        secrets = plan.with_postgres_port(todo).credentials
        server = Postgres(self._home.root, secrets.postgres_port, secrets.postgres_password)
        if not server.has_data:
            self._screen.line("making a new database …")
        self._supervisor.start(server.spec(todo.child_env()))
        return server

    def _launch_temporal(self, todo: Plan) -> None:
        self._supervisor.start(
            temporal.spec(
                self._home.temporal_database,
                port=todo.settings.temporal_port,
                ui_port=todo.settings.temporal_ui_port,
                namespace=todo.namespace,
                env=todo.child_env(),
            )
        )

    def _finish_temporal(self, todo: Plan, launched: float) -> None:
        with self._screen.step("Temporal server", launched) as done:
            self._wait(temporal.NAME, lambda: temporal.serves(todo.temporal_address, todo.namespace))
            done.append(todo.temporal_address)
            try:
                temporal.raise_retention(todo.temporal_address, todo.namespace)
            except Exception as error:  # noqa: BLE001 - histories kept a day are no reason not to start
                self._screen.event(f"the retention of namespace {todo.namespace} stays as it is: {error}")

    def _wait_until_ready(self, todo: Plan) -> None:
        said = "nothing yet"
        # Our own child on this machine, whose certificate may be made for a public name.
        with httpx.Client(base_url=todo.api_url, verify=False, timeout=2, trust_env=False) as client:  # noqa: S501

            def ready() -> bool:
                nonlocal said
                try:
                    answer = client.get("/readyz")
                    said = f"{answer.status_code} {answer.text[:500]}"
                    return answer.is_success and answer.json().get("status") == "ok"
                except (httpx.HTTPError, ValueError, AttributeError) as error:
                    said = f"{said if said[:1].isdigit() else error}"
                    return False

            self._wait("api and worker", ready, lambda: f"/readyz says: {said}")

    def _wait(self, what: str, ready: Callable[[], bool], why: Callable[[], str] = lambda: "") -> None:
        """Wait without an end: a child that dies is started again, and whoever watches is told."""
        next_word = time.monotonic() + SLOW_SECONDS
        while not ready():
            self._tick()
            self._show_trouble()
            if time.monotonic() > next_word:
                self._screen.event(f"still waiting for {what}. {why()}".rstrip())
                next_word = time.monotonic() + SLOW_SECONDS

    def _aside(self, work: Callable[[], None]) -> None:
        """Run `work` in another thread, so that this one goes on tending children and signals."""
        outcome: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - handed to the waiting thread
                outcome.put(error)
            else:
                outcome.put(None)

        threading.Thread(target=run, name="migrations", daemon=True).start()
        self._wait("migrations", lambda: not outcome.empty())
        if (error := outcome.get()) is not None:
            raise StartError(f"the migrations failed: {error}") from error

    def _show_trouble(self) -> None:
        """The end of the log of a child that keeps dying during the start, again whenever its deaths have doubled."""
        for name in self._supervisor.names:
            deaths = self._supervisor.deaths(name)
            if deaths >= max(TROUBLE_DEATHS, 2 * self._shown.get(name, 0)):
                self._shown[name] = deaths
                self._screen.trouble(name, deaths, self._supervisor.last_words(name))

    def _tick(self) -> None:
        if self._stopping:
            raise _Stopped
        self._supervisor.poll()
        time.sleep(POLL_SECONDS)

    def _stop(self) -> None:
        # A second Ctrl-C changes nothing: everything is being stopped, and that has a deadline.
        started = time.monotonic()
        if self._supervisor.names:
            self._screen.line("stopping …")
            self._supervisor.stop()
            self._screen.line(f"stopped in {time.monotonic() - started:.1f} s")
        self._home.unpublish()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) == signal.SIG_IGN
