"""Matchers and silences: what holds for which facts, and when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.intake.quiet import Matcher, Operator, Silence
from gateway.intake.expressions import matches

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operator", "value", "given_value", "expected"),
    [
        ("=", "a", "a", True),
        ("=", "a", "b", False),
        ("=", "a", None, False),
        ("=", "", None, True),
        ("=", "", "", True),
        ("=", "", "a", False),
        ("!=", "a", "a", False),
        ("!=", "a", "b", True),
        ("!=", "a", None, True),
        ("!=", "", None, False),
        ("=~", "a.*", "abc", True),
        ("=~", "a", "abc", False),
        ("=~", "b", "abc", False),
        ("=~", "a|b", "b", True),
        ("=~", ".*", None, True),
        ("=~", ".+", None, False),
        ("=~", "(", "(", False),
        ("!~", "a.*", "abc", False),
        ("!~", "a", "abc", True),
        ("!~", ".+", None, True),
        ("!~", ".*", None, False),
    ],
)
def test_matchers(operator: str, value: str, given_value: str | None, expected: bool) -> None:
    facts = {} if given_value is None else {"name": given_value}
    assert Matcher(name="name", operator=Operator(operator), value=value).holds(facts, matches) is expected


@given(st.sampled_from(["", "a", "b", "ab"]), st.none() | st.sampled_from(["", "a", "ab"]))
def test_an_operator_and_its_contrary(value: str, given_value: str | None) -> None:
    facts = {} if given_value is None else {"name": given_value}

    def holds(operator: Operator) -> bool:
        return Matcher(name="name", operator=operator, value=value).holds(facts, matches)

    assert holds(Operator.IS) is not holds(Operator.IS_NOT)
    assert holds(Operator.MATCHES) is not holds(Operator.MATCHES_NOT)
    assert holds(Operator.IS) is holds(Operator.MATCHES), "a plain word matches itself alone"


def silence(*matchers: Matcher, begin: int = 0, end: int = 60) -> Silence:
    return Silence(
        id=UUID(int=1),
        matchers=matchers,
        starts_at=NOW + timedelta(seconds=begin),
        ends_at=NOW + timedelta(seconds=end),
        reason="r",
        created_by="ana@example.com",
    )


@pytest.mark.parametrize(("second", "expected"), [(-1, False), (0, True), (59, True), (60, False)])
def test_when_a_silence_holds(second: int, expected: bool) -> None:
    one = silence(Matcher(name="a", value="b"))
    assert one.covers({"a": "b"}, NOW + timedelta(seconds=second), matches) is expected


def test_all_matchers_must_hold() -> None:
    one = silence(Matcher(name="a", value="b"), Matcher(name="c", operator=Operator.IS_NOT, value="d"))
    assert one.covers({"a": "b"}, NOW, matches)
    assert not one.covers({"a": "b", "c": "d"}, NOW, matches)
    assert not one.covers({"c": "e"}, NOW, matches)


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 201}, {"value": "x" * 1001}, {"operator": "~"}, {"x": 1}]
)
def test_what_is_no_matcher(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Matcher.model_validate({"name": "a", "value": "b"} | fields)


def test_no_matchers_match_nothing() -> None:
    assert not silence().covers({"a": "b"}, NOW, matches)
