"""Intake with everything running: worker, relay and Temporal take their share of the two cores."""

from tests.bench.load import Target, load, row
from tests.bench.result import Result, cpu_seconds
from tests.support.dev import Dev

CONNECTIONS = 16
SECONDS = 8


def measure(dev: Dev) -> Result:
    """New alerts and duplicates of a severity that pages nobody, so that the work is intake's."""
    api, postgres = dev.pids("tocsin api"), dev.pids("postgres -D")
    token = dev.api.headers["authorization"].partition(" ")[2]
    target = Target(dev.api_port, token, lambda: (cpu_seconds(api), cpu_seconds(postgres)))
    rows = [
        row("duplicates, 1 key", load(target, "same", SECONDS, CONNECTIONS)),
        row("duplicates, 16 keys", load(target, "some", SECONDS, CONNECTIONS)),
        row("new, SEV4", load(target, "new", SECONDS, CONNECTIONS)),
    ]
    return Result("intake", f"Intake with everything running, {CONNECTIONS} connections, {SECONDS} s each", rows)
