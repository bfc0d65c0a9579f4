"""What `tocsin dev` prints."""

import contextlib
import time
from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from cli.dev.plan import Plan


class Screen:
    """The terminal, or the file it was redirected to: every line is flushed."""

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self._out = out or Console(highlight=False, soft_wrap=True)
        self._err = err or Console(highlight=False, soft_wrap=True, stderr=True)

    def _print(self, what: RenderableType) -> None:
        # The terminal may be gone (SIGHUP), or the pipe closed: no reason to leave children behind.
        with contextlib.suppress(OSError, SystemExit):
            self._out.print(what)

    def line(self, text: str) -> None:
        """A plain line."""
        self._print(f"[dim]tocsin dev[/] {escape(text)}")

    def event(self, text: str) -> None:
        """Something happened that nobody asked for."""
        self._print(f"[dim]tocsin dev {time.strftime('%H:%M:%S')}[/] [yellow]{escape(text)}[/]")

    def refuse(self, reason: str) -> None:
        """Why there will be no start."""
        self._err.print(f"[bold red]tocsin dev:[/] {escape(reason)}")

    @contextlib.contextmanager
    def step(self, name: str, started: float | None = None) -> Iterator[list[str]]:
        """A step of the start, printed with its seconds when it is done; the body may add details to the list.

        Args:
            started: when it began by `time.monotonic`, if that was before the body.
        """
        details: list[str] = []
        started = time.monotonic() if started is None else started
        yield details
        seconds = f"{time.monotonic() - started:.1f} s"
        self.line(f"✓ {name} ({', '.join([*details, seconds])})")

    def trouble(self, name: str, deaths: int, log: Sequence[str]) -> None:
        """A child keeps dying."""
        self.event(f"{name} has died {deaths} times in a row and is tried again for ever. Its log ends with:")
        for text in log:
            self._print(f"    [dim]{escape(text)}[/]")

    def ready(self, plan: Plan, database_url: str, seconds: float) -> None:
        """Every address and the log-in, for whoever sees this for the first time."""
        base, api = plan.settings.base_url, plan.api_url
        rows = [
            ("Pages", f"[bold]{base}/[/]"),
            ("Log-in", f"[bold]{escape(plan.credentials.admin_email)}[/]"),
            ("Password", f"[bold]{escape(plan.credentials.admin_password)}[/]"),
            ("API docs", f"{base}/api/docs/"),
            ("API token", escape(plan.credentials.admin_token)),
            ("Temporal Web UI", escape(plan.temporal_ui_url or f"not ours: {plan.temporal_address}")),
            ("Logs", escape(str(plan.home.logs))),
        ]
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._print(Panel(table, title=f"Tocsin is ready ({seconds:.1f} s)", border_style="green", expand=False))
        # Outside the box, so that they can be copied whole.
        insecure = " --insecure" if api.startswith("https") else ""
        token = escape(plan.credentials.admin_token)
        self._print(f"[dim]Try[/]  curl{insecure} -H 'Authorization: Bearer {token}' {api}/api/v1/incidents/")
        self._print(f"[dim]  or[/]  psql '{escape(database_url)}'")
        self._print("[dim]Ctrl-C stops everything.[/]")
