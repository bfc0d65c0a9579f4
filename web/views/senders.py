"""How a sender is pointed at Tocsin: what to type where, for each kind of source."""

from dataclasses import dataclass

from api.addresses import PLACEHOLDER, address_of, ping_of
from config.settings import Settings


@dataclass(frozen=True)
class Pointing:
    """What the sender is given."""

    label: str
    """What the address is: a URL, an e-mail address."""
    address: str
    how: str
    """Where it is typed."""
    example: str
    """To copy; empty when there is none."""
    ping: str | None = None
    """Where the heartbeat is sent."""
    warning: str | None = None
    """What is missing on Tocsin's side."""


_HOW = {
    "cloudwatch": "Subscribe the SNS topic to it over HTTPS; Tocsin confirms the subscription.",
    "datadog": "Integrations → Webhooks → New: this URL, with the payload of docs/integrations.md.",
    "grafana": "Alerting → Contact points → Webhook: this URL, method POST.",
    "incidentio": "The URL of the HTTP alert source.",
    "sentry": "The webhook URL of an internal integration, with alert rule action and issue webhooks.",
    "uptimekuma": "Settings → Notifications → Webhook: this URL, body “Preset - application/json”.",
    "uptimerobot": "Integrations → Webhook: this URL, sent as JSON, with the value of docs/integrations.md.",
    "zabbix": "Alerts → Media types → Webhook: this URL as parameter url, with the script of docs/integrations.md.",
}


def pointing(kind: str, settings: Settings, *, heartbeat: bool, key: str | None = None) -> Pointing:
    """What a sender of a kind is given.

    Args:
        kind: the source's.
        settings: of this process.
        heartbeat: whether the source has one.
        key: the key; a placeholder when it is not known any more.
    """
    base, word = settings.base_url, key or PLACEHOLDER
    address = address_of(kind, base, word)
    ping = ping_of(base, key) if heartbeat and kind != "heartbeat" else None
    warning = None
    match kind:
        case "alertmanager":
            how, example = "A receiver in alertmanager.yml:", _alertmanager(address_of(kind, base), word)
        case "pagerduty":
            how = "Whatever speaks the Events API v2: this URL, and the key as routing key."
            example = f"routing_key: {word}"
        case "opsgenie":
            how, example = f"The client's API URL is {base}, its API key the key.", f"GenieKey {word}"
        case "email":
            how, example = "Send mail to it; the subject says what is wrong.", ""
            if settings.smtp_port is None:
                warning = "This Tocsin takes no mail yet: TOCSIN_SMTP_PORT is not set."
        case "heartbeat":
            how, example = "GET or POST it again and again, from a crontab say:", f"curl -fsS {address}"
        case "generic":
            how, example = "POST JSON to it:", _generic(address)
        case _:
            how, example = _HOW.get(kind, "POST alerts to it."), ""
    return Pointing("Address" if kind == "email" else "URL", address, how, example, ping, warning)


def limit_in_words(settings: Settings) -> str:
    """The rate limit of sources that have none of their own."""
    return f"{settings.rate_limit:g} requests per second, {settings.rate_burst} at once, for each API process"


def _alertmanager(url: str, word: str) -> str:
    return (
        "receivers:\n"
        "  - name: tocsin\n"
        "    webhook_configs:\n"
        f"      - url: {url}\n"
        "        send_resolved: true\n"
        f"        http_config: {{authorization: {{credentials: {word}}}}}\n"
    )


def _generic(url: str) -> str:
    return f"""curl '{url}' -H 'Content-Type: application/json' \\
  -d '{{"title": "Nightly backup failed", "severity": "P2", "service": "backup"}}'"""
