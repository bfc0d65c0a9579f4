"""The formats in which monitoring tools send alerts: one adapter each, pure functions from a body to signals."""

from api.formats import (
    alertmanager,
    cloudwatch,
    datadog,
    generic,
    grafana,
    incidentio,
    opsgenie,
    pagerduty,
    sentry,
    uptimekuma,
    uptimerobot,
    zabbix,
)
from api.formats.reading import Adapter, Headers, Unreadable

__all__ = ["ALIASES", "FORMATS", "KINDS", "Adapter", "Headers", "Unreadable"]

KINDS: dict[str, Adapter] = {
    "alertmanager": alertmanager.read,
    "cloudwatch": cloudwatch.read,
    "datadog": datadog.read,
    "generic": generic.read,
    "grafana": grafana.read,
    "incidentio": incidentio.read,
    "opsgenie": opsgenie.read,
    "pagerduty": pagerduty.read,
    "sentry": sentry.read,
    "uptimekuma": uptimekuma.read,
    "uptimerobot": uptimerobot.read,
    "zabbix": zabbix.read,
}
"""Each format by its own name."""

ALIASES = {
    "prometheus": "alertmanager",
    "sns": "cloudwatch",
    "aws": "cloudwatch",
    "webhook": "generic",
    "incident.io": "incidentio",
    "incident-io": "incidentio",
    "uptime-kuma": "uptimekuma",
    "uptime-robot": "uptimerobot",
}
"""Other names that people try first."""

FORMATS: dict[str, Adapter] = KINDS | {alias: KINDS[name] for alias, name in ALIASES.items()}
"""The name in `/alerts/{name}/`, and what reads it."""
