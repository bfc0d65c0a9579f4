"""The helpers: whatever the shape, what can be used."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.formats import reading


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a:b, c:d:e,f", {"a": "b", "c": "d:e", "f": "true"}),
        ("team:a,team:b,team:a", {"team": "a,b"}),
        (["a:b", "c"], {"a": "b", "c": "true"}),
        ([["a", "b"], ["c", None], ["too", "many", "parts"]], {"a": "b", "c": "true"}),
        ([{"tag": "a", "value": "b"}, {"name": "c", "value": 1}, {"value": "nameless"}], {"a": "b", "c": "1"}),
        ({"a": "b", "c": {"nested": 1}}, {"a": "b"}),
        (None, {}),
        (7, {}),
        ([None, {}, [], ""], {}),
    ],
)
def test_tags(value: Any, expected: dict[str, str]) -> None:
    assert reading.tags(value) == expected


def test_labels_are_flat_and_say_something() -> None:
    value = {"a": " x ", "b": 1.5, "c": True, "d": None, "e": "", "f": {"g": 1}, "h": ["i", 2, None], "": "j"}
    assert reading.labels(value) == {"a": "x", "b": "1.5", "c": "true", "h": "i, 2"}


@pytest.mark.parametrize("value", [None, "", "soon", True, [], 10**400, float("nan"), "0001-01-01T00:00:00Z"])
def test_what_is_no_time(value: object) -> None:
    assert reading.moment(value) is None
    assert reading.moment(value, 1795239602) == datetime(2026, 11, 21, 5, 40, 2, tzinfo=UTC)


def test_what_is_kept_can_be_stored() -> None:
    assert reading.kept({"a\x00": ["\ud800b", float("inf"), 1, None, True, {1}]}) == {
        "a": ["b", "inf", 1, None, True, "{1}"]
    }


def test_links_as_senders_list_them() -> None:
    found = reading.listed_links([{"href": "https://a", "text": "A"}, "https://b", {"url": "https://c"}, None, {}], "L")
    assert [(link.href, link.text) for link in found] == [("https://a", "A"), ("https://b", "L"), ("https://c", "L")]
