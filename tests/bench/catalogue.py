"""The catalogue as files: 500 services and 100 schedules applied, applied again, and looked at by lint."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from cli.yaml_files import read
from domain.catalogue import Catalogue
from domain.foresight.lint import lint
from tests.bench.result import Result
from tests.support.big_catalogue import big_catalogue, big_values
from tests.support.dev import Dev

SERVICES, SCHEDULES = 500, 100
SINCE = datetime(2026, 2, 1, tzinfo=UTC)


def measure_rules() -> Result:
    """Seconds that the rules take for lint of a catalogue in which everything is in order."""
    catalogue = big_catalogue(SERVICES, SCHEDULES)
    seconds, found = _timed(lambda: lint(catalogue, SINCE))
    assert found == [], found[:3]
    rows = [{"what": f"lint of {SERVICES} services, {SCHEDULES} schedules, 90 days", "unit": "s", "value": seconds}]
    return Result("lint", "Foresight, in the rules", rows)


def measure(dev: Dev) -> Result:
    """Seconds from the files to the product's answer; the second time nothing changes."""
    path = dev.home / "catalogue.yaml"
    path.write_text(json.dumps(big_values(SERVICES, SCHEDULES)))  # JSON is YAML
    rows = []
    for what, changes in (("apply of 500 services and 100 schedules", True), ("the same again", False)):
        seconds, count = _timed(lambda: _apply(dev, path))
        assert bool(count) is changes, f"{what}: {count} changes"
        rows.append({"what": what, "unit": "s", "value": seconds})
    seconds, answer = _timed(lambda: dev.api.get("/lint/", timeout=120).raise_for_status().json())
    rows.append({"what": f"lint of it, {answer['faults']} faults", "unit": "s", "value": seconds})
    catalogue = dev.api.get("/catalogue/").raise_for_status()
    assert len(Catalogue.model_validate_json(catalogue.content).services) >= SERVICES
    return Result("catalogue", "The catalogue as files, by REST", rows)


def _apply(dev: Dev, path: Path) -> int:
    body = {"catalogue": read([str(path)]).values}
    return len(dev.api.post("/catalogue/apply/", json=body, timeout=120).raise_for_status().json()["changes"])


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    begin = perf_counter()
    found = run()
    return perf_counter() - begin, found
