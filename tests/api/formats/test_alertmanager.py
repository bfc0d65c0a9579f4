"""Alertmanager: each alert by itself."""

from typing import Any

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action, Signal
from tests.api.formats import golden


def _one(alert: Any, **group: Any) -> Signal:
    signals = FORMATS["alertmanager"]({"status": "firing", "alerts": [alert]} | group, {})
    assert len(signals) == 1
    return signals[0]


def test_firing_and_resolved_of_an_alert_meet() -> None:
    fired, resolved = golden.read("alertmanager", "firing"), golden.read("alertmanager", "resolved")
    assert [one.identity for one in fired] == [one.identity for one in resolved]
    assert [one.started_at for one in fired] == [one.started_at for one in resolved]


@pytest.mark.parametrize(
    ("own", "group", "action"),
    [
        ("firing", "resolved", Action.TRIGGER),
        ("resolved", "firing", Action.RESOLVE),
        (None, "resolved", Action.RESOLVE),
        ("nonsense", "resolved", Action.RESOLVE),
        (None, None, Action.TRIGGER),
    ],
)
def test_an_alerts_own_state_goes_before_the_groups(own: Any, group: Any, action: Action) -> None:
    assert _one({"status": own, "labels": {"alertname": "A"}}, status=group).action is action


def test_a_group_without_alerts_speaks_for_itself() -> None:
    group = golden.body("alertmanager", "firing")
    group["alerts"] = "gone"
    (signal,) = FORMATS["alertmanager"](group, {})
    assert (signal.title, signal.fingerprint) == ("5xx above 5%", group["groupKey"])
    assert signal.labels["service"] == "checkout"


@pytest.mark.parametrize(
    ("annotations", "labels", "title"),
    [
        ({"summary": " two\nlines "}, {}, "two lines"),
        ({"title": "T"}, {"alertname": "A"}, "T"),
        ({"message": "M"}, {"alertname": "A"}, "M"),
        ({}, {"alertname": "A", "instance": "web-1:9100"}, "A (web-1:9100)"),
        ({}, {"alertname": "A"}, "A"),
        ({"description": "D"}, {}, "D"),
    ],
)
def test_the_title(annotations: dict[str, str], labels: dict[str, str], title: str) -> None:
    assert _one({"annotations": annotations, "labels": labels, "fingerprint": "f"}).title == title


def test_annotations_that_are_addresses_are_links() -> None:
    signal = _one(
        {"labels": {"alertname": "A"}, "annotations": {"logsURL": "https://logs.example", "url": "no address"}}
    )
    assert {link.href: link.text for link in signal.links} == {"https://logs.example": "logsURL"}


@pytest.mark.parametrize("kind", ["alertmanager", "grafana"])
@pytest.mark.parametrize(("status", "ends"), [("resolved", True), ("firing", False)])
def test_an_end_is_one_only_when_it_is_over(kind: str, status: str, ends: bool) -> None:
    alert = {"status": status, "labels": {"alertname": "A"}, "endsAt": "2026-11-21T05:40:02Z"}
    (signal,) = FORMATS[kind]({"alerts": [alert], "version": "4"}, {})
    assert (signal.ended_at is not None) is ends


@pytest.mark.parametrize("digits", ["", ".7", ".73", ".59733964", ".597339645"])
def test_a_start_with_any_number_of_digits(digits: str) -> None:
    signal = _one({"labels": {"alertname": "A"}, "startsAt": f"2026-11-21T05:40:02{digits}Z"})
    assert signal.started_at is not None and signal.started_at.second == 2
