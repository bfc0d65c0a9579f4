"""Runs every benchmark against a `tocsin dev` of its own."""

import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import acceptance, catalogue, first_page, intake, schedules
from tests.bench.result import Result
from tests.support.dev import Dev


def main() -> None:
    """Start the product, measure, print, stop."""
    console = Console(width=110)
    _show(console, schedules.measure())
    _show(console, catalogue.measure_rules())
    for result in acceptance.measure():
        _show(console, result)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        dev = Dev(Path(folder) / "home", TOCSIN_RATE_LIMIT="1000000", TOCSIN_RATE_BURST="1000000")
        console.print(f"tocsin dev was ready after {dev.start():.1f} s")
        try:
            # Pages first: what intake leaves behind keeps the worker busy for a while.
            for measure in (first_page.measure, intake.measure, catalogue.measure):
                _show(console, measure(dev))
        finally:
            dev.stop()


def _show(console: Console, result: Result) -> None:
    table = Table(title=result.title, title_justify="left")
    for name in result.rows[0]:
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in result.rows:
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()))
    console.print(table)
    console.print(f"load of the machine while measuring: {result.load:.1f}")
    print(json.dumps({"benchmark": result.name, "load": result.load, "rows": result.rows}), flush=True)


if __name__ == "__main__":
    main()
