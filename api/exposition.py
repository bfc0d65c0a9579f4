"""`/metrics` for Prometheus (REQUIREMENTS Q-02): business figures from the database, health from the watch."""

from collections.abc import Iterable

from prometheus_client import generate_latest
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from api.container import Container
from api.observing import Meters
from db import totals
from domain.intake.verdict import Fate
from gateway.health import Health


async def exposition(parts: Container, meters: Meters) -> bytes:
    """The text that Prometheus scrapes."""
    health = await parts.watch.look()
    metrics = [*_health(health), *_intake(parts)]
    if health.database:
        metrics += await _business(parts)
    registry = CollectorRegistry()
    registry.register(_Fixed(metrics))
    return generate_latest(registry) + generate_latest(meters.registry)


class _Fixed:
    """A collector of what was collected before: the library asks for it synchronously."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _health(health: Health) -> Iterable[Metric]:
    up = GaugeMetricFamily("tocsin_up", "Whether a part answers", labels=["part"])
    up.add_metric(["database"], float(health.database))
    up.add_metric(["temporal"], float(health.temporal))
    yield up
    yield GaugeMetricFamily("tocsin_workers", "Workers that live and reach Temporal", value=health.workers)
    age = GaugeMetricFamily(
        "tocsin_outbox_oldest_age_seconds", "Age of the oldest row of the outbox", labels=["severity"]
    )
    age.add_metric(["all"], health.outbox_age_seconds)
    age.add_metric(["urgent"], health.urgent_age_seconds)
    yield age


def _intake(parts: Container) -> Iterable[Metric]:
    """Of this process, for to count what is stored costs more with each alert; Prometheus adds the processes up."""
    received = CounterMetricFamily("alerts_received", "Alerts received", labels=["source", "result"])
    joined = 0
    for (source, fate), count in sorted(parts.intake.counts.items()):
        received.add_metric([source, fate], count)
        joined += count if fate == Fate.ATTACHED else 0
    yield received
    yield CounterMetricFamily("alerts_deduplicated", "Alerts that joined an open incident", value=joined)
    refused = CounterMetricFamily("requests_over_rate", "Requests refused with 429", labels=["source"])
    for source, count in sorted(parts.limits.refused.items()):
        refused.add_metric([source], count)
    yield refused


async def _business(parts: Container) -> list[Metric]:
    async with parts.sessions() as session:
        incidents = CounterMetricFamily("incidents", "Incidents opened", labels=["severity", "service", "source"])
        for severity, service, source, count in await totals.incidents_by_kind(session):
            incidents.add_metric([severity, service, source], count)
        open_now = GaugeMetricFamily("incidents_open", "Incidents open now", labels=["severity", "status"])
        for severity, status, count in await totals.open_by_state(session):
            open_now.add_metric([severity, status], count)
        notifications = CounterMetricFamily("notifications", "Deliveries", labels=["provider", "result"])
        for provider, status, count in await totals.notifications_by_result(session):
            notifications.add_metric([provider, status], count)
        escalations = CounterMetricFamily("escalations", "Escalations", labels=["level"])
        for step, count in await totals.escalations_by_step(session):
            escalations.add_metric([step], count)
        times = [
            _histogram(f"incident_{name}_seconds", text, *await totals.time_buckets(session, name))
            for name, text in _TIMES.items()
        ]
    return [incidents, open_now, notifications, escalations, *times]


_TIMES = {"mttd": "Time to detect", "mtta": "Time to acknowledge", "mttr": "Time to resolve"}


def _histogram(name: str, text: str, counts: list[int], count: int, total: float) -> Metric:
    bounds = [*(str(float(bucket)) for bucket in totals.BUCKETS), "+Inf"]
    return HistogramMetricFamily(name, text, buckets=list(zip(bounds, [*counts, count], strict=True)), sum_value=total)
