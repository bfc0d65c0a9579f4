"""`doctor`: looks at every part that Tocsin needs, and says what to do about each fault."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from platform import python_version

import typer
from rich.text import Text

from cli import options, render
from cli.checks.report import Finding
from cli.settings import settings
from config.settings import Settings


def doctor(json: options.Json = False) -> None:
    """Check database, Temporal, workers, API, token, clock and versions; exit 1 when one is at fault."""
    with settings() as known:
        findings = []
        for finding in _findings(known):
            findings.append(finding)
            if not json:
                _show(finding)
    if json:
        render.as_json({"ok": all(finding.ok for finding in findings), "checks": [asdict(one) for one in findings]})
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _findings(known: Settings) -> Iterator[Finding]:
    from cli.checks import api, database, temporal

    yield Finding(
        "versions",
        True,
        ", ".join([*(f"{name} {version(name)}" for name in ("tocsin", "temporalio")), f"Python {python_version()}"]),
    )
    examine: Callable[[Settings], Iterator[Finding]]
    for examine in (database.examine, temporal.examine, api.examine):
        yield from examine(known)


def _show(finding: Finding) -> None:
    mark = Text("✓", "green") if finding.ok else Text("✗", "bold red")
    out = render.console()
    out.print(mark, Text(f"{finding.check:<14}{finding.found}"))
    if finding.advice:
        out.print(Text(f"  {'':<14}→ {finding.advice}", "yellow"))
