"""Signals: whatever a sender puts into a field, something that can be stored comes out, and nothing raises."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.signal import MAX_LABELS, MAX_LINKS, UNTITLED, Action, Signal, fitting, instant, line, plain

FIELDS = sorted(set(Signal.model_fields) - {"action", "raw", "severity_is_level", "starts_once"})

_text = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    ["\x00", "a\x00b", "\ud800", "\x1b[31m", "²", "NaN", "9" * 400, "https://x", "0001-01-01T00:00:00Z", " \u2028 "]
)
_leaf = st.none() | st.booleans() | st.integers() | st.floats() | _text | st.just(10**400) | st.just(-(10**30))
_json = st.recursive(
    _leaf, lambda one: st.lists(one, max_size=4) | st.dictionaries(_text, one, max_size=4), max_leaves=15
)


def require_storable(signal: Signal) -> None:
    stored = signal.model_dump_json(exclude={"raw"})
    assert not re.search(r"(?<!\\)(\\\\)*\\u0000", stored), (
        "no NUL, but letters that only look like its escape are fine"
    )
    stored.encode()
    assert Signal.model_validate(json.loads(stored)) == signal.model_copy(update={"raw": None}), "and read again"
    assert 1 <= len(signal.title) <= 500 and "\n" not in signal.title
    assert len(signal.description) <= 50_000 and len(signal.note) <= 10_000
    assert all(len(text) <= limit for text, limit in ((signal.severity or "", 100), (signal.service_name or "", 255)))
    assert len(signal.fingerprint or "") <= 512 and len(signal.actor or "") <= 200
    assert len(signal.labels) <= MAX_LABELS and len(signal.links) <= MAX_LINKS
    assert all(0 < len(name) <= 200 and len(value) <= 5000 for name, value in signal.labels.items())
    assert all(link.href.lower().startswith(("http://", "https://")) and link.text for link in signal.links)
    for at in (signal.detected_at, signal.started_at, signal.ended_at):
        assert at is None or (at.tzinfo is UTC and 1970 <= at.year <= 9000)
    assert signal.identity


@given(st.sampled_from(FIELDS), _json)
def test_any_value_in_any_field(field: str, value: Any) -> None:
    require_storable(Signal.model_validate({field: value}))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, _json)))
def test_any_values_together(fields: dict[str, Any]) -> None:
    require_storable(Signal.model_validate(fields | {"raw": fields}))


@given(st.lists(_json | st.fixed_dictionaries({"href": _json}, optional={"text": _json}), max_size=5))
def test_any_links(links: list[Any]) -> None:
    require_storable(Signal.model_validate({"links": links}))


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({}, "title", UNTITLED),
        ({"title": "  "}, "title", UNTITLED),
        ({"title": "a\n b\x1b[31m\x00"}, "title", "a b[31m"),
        ({"title": "x" * 600}, "title", "x" * 500),
        ({"title": {"a": 1}}, "title", '{"a": 1}'),
        ({"title": 5}, "title", "5"),
        ({"description": "a\nb\tc\x07"}, "description", "a\nb\tc"),
        ({"severity": ""}, "severity", None),
        ({"service_name": " a  b "}, "service_name", "a b"),
        ({"labels": ["x"]}, "labels", {}),
        ({"labels": {"a": None, "": "x", " ": "y", 5: 6, "l": [1]}}, "labels", {"a": "", "5": "6", "l": "[1]"}),
        ({"links": "https://x"}, "links", ()),
        ({"links": [{"href": "javascript:x", "text": "a"}]}, "links", ()),
        ({"links": ["https://x", 5, None, []]}, "links", ()),
        ({"fingerprint": ""}, "fingerprint", None),
        ({"detected_at": "0001-01-01T00:00:00Z"}, "detected_at", None),
        ({"title": 10**5000}, "title", UNTITLED),
        ({"actor": "Ana\nB"}, "actor", "Ana B"),
    ],
)
def test_cleaning(fields: dict[str, Any], name: str, expected: Any) -> None:
    assert getattr(Signal.model_validate(fields), name) == expected


def test_links_are_told_once_and_have_a_text() -> None:
    links = [
        {"href": " https://a ", "text": ""},
        {"href": "https://a", "text": "again"},
        {"href": "HTTP://b", "text": 5},
    ]
    assert [(link.href, link.text) for link in Signal.model_validate({"links": links}).links] == [
        ("https://a", "https://a"),
        ("HTTP://b", "5"),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-21T03:12:00Z", "2026-11-21T03:12:00"),
        ("2026-11-21T04:12:00.123456789+01:00", "2026-11-21T03:12:00.123456"),
        ("2026-11-21 03:12:00", "2026-11-21T03:12:00"),
        (1_795_230_720, "2026-11-21T03:12:00"),
        (1_795_230_720_000, "2026-11-21T03:12:00"),
        ("1795230720", "2026-11-21T03:12:00"),
        (1_795_230_720.5, "2026-11-21T03:12:00.500000"),
        (datetime(2026, 11, 21, 3, 12), "2026-11-21T03:12:00"),
        (True, None),
        (None, None),
        ("", None),
        ("soon", None),
        ("²", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("9" * 400, None),
        (-5, None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ([2026], None),
    ],
)
def test_instants(value: Any, expected: str | None) -> None:
    found = instant(value)
    assert (found.isoformat().removesuffix("+00:00") if found else None) == expected


def test_actions_are_words_that_are_known() -> None:
    assert Signal(action=Action("resolve")).action is Action.RESOLVE
    with pytest.raises(ValueError, match="action"):
        Signal.model_validate({"action": "explode"})


@given(st.text(max_size=600), st.text(max_size=600))
def test_fingerprints_that_are_too_long_stay_different(one: str, other: str) -> None:
    long = [f"{'x' * 600}{text}" for text in (one, other)]
    found = [fitting(text) for text in long]
    assert all(text is not None and len(text) <= 512 for text in found)
    assert (found[0] == found[1]) is (plain(long[0]).strip() == plain(long[1]).strip())


@given(st.text(st.sampled_from("ab \t\u00a0\n"), max_size=12), st.text(st.sampled_from("ab \t\u00a0\n"), max_size=12))
def test_white_space_inside_tells_fingerprints_apart(one: str, other: str) -> None:
    assert (fitting(one) == fitting(other)) is (one.strip() == other.strip())
    assert fitting(fitting(one)) == fitting(one)


def test_a_fingerprint_stays_readable() -> None:
    assert fitting(" disk db-1 ") == "disk db-1"
    assert str(fitting("disk\tdb-1")).startswith("disk db-1 #")
    assert str(fitting("x" * 600)).startswith("x" * 400 + " #")


def test_identity_does_not_depend_on_order() -> None:
    one, other = Signal(title="t", labels={"a": "1", "b": "2"}), Signal(title="t", labels={"b": "2", "a": "1"})
    assert one.identity == other.identity != Signal(title="t", labels={"a": "1"}).identity
    assert Signal(title="t", fingerprint="f").identity == "f"


@given(_json)
def test_plain_text_of_anything(value: Any) -> None:
    plain(value).encode()
    assert len(line(value, 7)) <= 7
