"""Every field of every golden body, removed and garbled in turn; and bodies that nobody would send."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.formats import FORMATS, KINDS, Unreadable
from api.formats.reading import kept
from domain.intake.signal import UNTITLED, Signal
from tests.api.formats import golden

Path = tuple[str | int, ...]
REMOVED = object()


def _deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"title": value}
    return value


GARBAGE: dict[str, Any] = {
    "removed": REMOVED,
    "null": None,
    "empty": "",
    "blank": " \t\n",
    "no list": [],
    "no object": {},
    "zero": 0,
    "true": True,
    "negative": -1.5,
    "endless number": 10**400,
    "not a number": float("nan"),
    "huge": "x" * 200_000,
    "nul": "a\x00b\u202e",
    "half a character": "\ud800",
    "object": {"\ud800": {"\x00": [None, {"status": []}]}},
    "list": [None, 1, "text", [], {}, [["a", "b"], ["c"]]],
    "deep": _deep(300),
}
TITLES: dict[str, set[str]] = {
    "alertmanager": {"summary", "alertname", "pod"},
    "cloudwatch": {"Message", "AlarmName", "alarmName", "Subject"},
    "datadog": {"title"},
    "generic": {"title", "checkId", "info", "what", "status"},
    "grafana": {"summary", "alertname", "rulename", "ruleName"},
    "incidentio": {"title"},
    "opsgenie": {"message"},
    "pagerduty": {"summary", "dedup_key"},
    "sentry": {"title", "comment"},
    "uptimekuma": {"name", "status", "msg", "heartbeat"},
    "uptimerobot": {"monitorFriendlyName", "alertType", "sslExpiryDaysLeft"},
    "zabbix": {"trigger_name", "subject"},
}
"""The fields that a title is made of; whatever happens to the others, it stays."""


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from _paths(item, (*path, name))


def _changed(body: Any, path: Path, value: Any) -> Any:
    body = copy.deepcopy(body)
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    if value is REMOVED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return body


def _title_giving(kind: str, body: Any) -> list[Path]:
    return [path for path in _paths(body) if path[-1] in TITLES[kind]]


def _touches(path: Path, others: list[Path]) -> bool:
    """Whether it is one of the others, lies in one or holds one."""
    return any(path == other[: len(path)] or other == path[: len(other)] for other in others)


def _is_sound(signals: list[Signal]) -> None:
    for signal in signals:
        assert isinstance(signal, Signal)
        assert signal.title.strip()
        assert signal.model_dump_json()
        assert kept(signal.raw) == signal.raw


def _read(kind: str, body: Any) -> list[Signal]:
    try:
        signals = FORMATS[kind](body, {})
    except Unreadable:
        return []
    _is_sound(signals)
    return signals


def _check(kind: str, body: Any, wrap: Any = lambda body: body) -> None:
    titles = [signal.title for signal in FORMATS[kind](wrap(body), {})]
    assert UNTITLED not in titles
    giving = _title_giving(kind, body)
    for path in _paths(body):
        for name, value in GARBAGE.items():
            signals = _read(kind, wrap(_changed(body, path, value)))
            if not _touches(path, giving):
                assert [signal.title for signal in signals] == titles, (path, name)
            elif titles and len(path) > 1:
                assert signals, (path, name)


@pytest.mark.parametrize(("kind", "case"), golden.ALL, ids=lambda value: value)
def test_every_field_garbled(kind: str, case: str) -> None:
    _check(kind, golden.body(kind, case))


@pytest.mark.parametrize("case", ["alarm", "ok", "composite"])
def test_every_field_of_a_message_inside_sns_garbled(case: str) -> None:
    envelope = golden.body("cloudwatch", case)
    inside = json.loads(envelope["Message"])
    _check("cloudwatch", inside, lambda message: envelope | {"Message": json.dumps(message)})


@pytest.mark.parametrize("kind", ["alertmanager", "grafana"])
def test_a_wrong_alert_spoils_no_other(kind: str) -> None:
    body = golden.body(kind, "firing")
    right = FORMATS[kind](body, {})
    for garbage in GARBAGE.values():
        if garbage is not REMOVED:
            among = copy.deepcopy(body)
            among["alerts"].insert(1, garbage)
            signals = _read(kind, among)
            assert [signal for signal in signals if signal.fingerprint] == right


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [None, True, 0, "", "text", [], {}, [None], [[]], [{}], float("nan")], ids=repr)
def test_nothing_to_read(kind: str, body: Any) -> None:
    with pytest.raises(Unreadable, match="body: must be a JSON object") as caught:
        FORMATS[kind](body, {})
    assert caught.value.field == "body"


@pytest.mark.parametrize(("kind", "case"), golden.ALL, ids=lambda value: value)
def test_a_list_of_bodies(kind: str, case: str) -> None:
    one = golden.read(kind, case)
    assert FORMATS[kind]([golden.body(kind, case), None, "garbage", golden.body(kind, case)], {}) == one + one


def _names(value: Any) -> Iterator[str]:
    for path in _paths(value):
        if isinstance(path[-1], str):
            yield path[-1]


NAMES = sorted({name for kind, case in golden.ALL for name in _names(golden.body(kind, case))})
WORDS = [
    "firing",
    "resolved",
    "OK",
    "ALARM",
    "$DATE",
    "*UNKNOWN*",
    "{EVENT.ID}",
    "a:b,c",
    '{"AlarmName": []}',
    "[1",
    "1e999",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(WORDS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=JSON, headers=st.dictionaries(st.sampled_from(["sentry-hook-resource", "x-amz-sns-message-type"]), st.text())
)
def test_arbitrary_json(kind: str, body: Any, headers: dict[str, str]) -> None:
    try:
        signals = FORMATS[kind](body, headers)
    except Unreadable:
        return
    _is_sound(signals)
