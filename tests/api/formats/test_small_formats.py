"""Opsgenie, incident.io, Uptime Kuma, UptimeRobot and the plain format: what their golden bodies do not show."""

from typing import Any

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action, Signal
from tests.api.formats import golden


def _changed(kind: str, case: str, **fields: Any) -> Signal:
    return FORMATS[kind](golden.body(kind, case) | fields, {})[0]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("incidentio", "firing", "resolved"),
        ("uptimekuma", "down", "up"),
        ("uptimerobot", "down", "up"),
        ("generic", "firing", "resolved"),
        ("datadog", "triggered", "recovered"),
        ("grafana", "legacy_alerting", "legacy_ok"),
        ("pagerduty", "trigger", "resolve"),
    ],
)
def test_both_ends_meet(kind: str, one: str, other: str) -> None:
    begun, over = golden.read(kind, one)[0], golden.read(kind, other)[0]
    assert (begun.identity, begun.action, over.action) == (over.identity, Action.TRIGGER, Action.RESOLVE)


def test_a_certificate_is_another_alert_than_its_monitor() -> None:
    for kind, case in (("uptimekuma", "certificate"), ("uptimerobot", "ssl")):
        assert golden.read(kind, case)[0].fingerprint != golden.read(kind, "down")[0].fingerprint


@pytest.mark.parametrize(
    ("status", "action"), [(0, Action.TRIGGER), ("1", Action.RESOLVE), (2, Action.NOTE), (3, Action.NOTE)]
)
def test_uptime_kuma(status: object, action: Action) -> None:
    assert _changed("uptimekuma", "down", heartbeat={"status": status, "msg": "m"}).action is action


def test_uptime_kuma_without_a_status_goes_by_its_message() -> None:
    assert _changed("uptimekuma", "up", heartbeat={"msg": "200 - OK"}).action is Action.RESOLVE


@pytest.mark.parametrize(
    ("fields", "title", "action"),
    [
        ({"alertType": "1"}, "shop is down", Action.TRIGGER),
        ({"alertType": None, "alertTypeFriendlyName": "Up"}, "shop is up", Action.RESOLVE),
        ({"alertType": "99"}, "shop is not watched any more", Action.NOTE),
        ({"alertType": "12", "alertTypeFriendlyName": "?"}, "shop is down", Action.TRIGGER),
        ({"monitorFriendlyName": "*monitorFriendlyName*"}, "https://shop.example is down", Action.TRIGGER),
    ],
)
def test_uptimerobot(fields: dict[str, Any], title: str, action: Action) -> None:
    signal = _changed("uptimerobot", "down", **fields)
    assert (signal.title, signal.action) == (title, action)


@pytest.mark.parametrize(
    ("tags", "service"), [("service:checkout,env:prod", "checkout"), ("app:checkout", "checkout"), ("env:prod", "shop")]
)
def test_uptimerobot_takes_the_service_of_a_tag(tags: str, service: str) -> None:
    assert golden.said(_changed("uptimerobot", "down", monitorTags=tags))["service"] == service


def test_the_plain_format_may_say_when_it_ended() -> None:
    body = {"title": "T", "endsAt": "2026-11-21T05:40:02Z"}
    assert [FORMATS["generic"](body | {"status": word}, {})[0].ended_at is None for word in ("ok", "firing")] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("firing", Action.TRIGGER),
        ("alert", Action.TRIGGER),
        ("down", Action.TRIGGER),
        ("RESOLVED", Action.RESOLVE),
        ("ok", Action.RESOLVE),
        (" up ", Action.RESOLVE),
        ("acknowledged", Action.ACKNOWLEDGE),
        ("comment", Action.NOTE),
        ({"status": "ok"}, Action.TRIGGER),
    ],
)
def test_the_words_of_the_plain_format(word: object, action: Action) -> None:
    assert _changed("generic", "firing", status=word).action is action


@pytest.mark.parametrize("field", ["dedup_key", "fingerprint", "deduplication_key", "alias"])
def test_the_fingerprint_of_the_plain_format(field: str) -> None:
    assert FORMATS["generic"]({"title": "T", field: "key"}, {})[0].fingerprint == "key"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"summary": "S", "message": "M"}, "S"),
        ({"message": "M"}, "M"),
        ({"a": 1, "b": [{"c": "deep"}]}, "deep"),
        ({"a": 1}, "Alert without a title"),
    ],
)
def test_the_title_of_a_body_that_has_none(body: Any, title: str) -> None:
    assert FORMATS["generic"](body, {})[0].title == title


def test_opsgenie_takes_the_entity_for_the_service_when_nothing_names_one() -> None:
    assert golden.said(_changed("opsgenie", "create", details={}))["service"] == "db-1"
    assert golden.said(_changed("opsgenie", "create", details={}, tags=["service:pg"]))["service"] == "pg"
