"""Rules: their conditions and what they set."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.intake.rule import Choice, ExpressionError, Facts, Rule, value_of


def evaluate(expression: str, facts: Facts) -> Any:
    """As simple a language as can be: the name of a fact."""
    if expression not in facts:
        raise ExpressionError(f"there is no '{expression}'")
    return facts[expression]


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), (False, False), (1, False), ("true", False), (None, False), ([1], False)]
)
def test_only_true_holds(value: Any, expected: bool) -> None:
    assert Rule(name="r", when="x").holds({"x": value}, evaluate) is expected


def test_a_condition_that_cannot_be_evaluated_is_not_swallowed() -> None:
    with pytest.raises(ExpressionError):
        Rule(name="r", when="nope").holds({}, evaluate)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "plain"), ("=a", "x"), ("= a ", "x"), ("=n", "5"), ("=f", "1.5"), ("a=b", "a=b"), (" =a", " =a")],
)
def test_texts(text: str, expected: str) -> None:
    assert value_of(text, {"a": "x", "n": 5, "f": 1.5}, evaluate) == expected


@pytest.mark.parametrize("value", [True, None, [], {}, b"x"])
def test_what_is_no_text(value: Any) -> None:
    with pytest.raises(ExpressionError, match="must give a text or a number"):
        value_of("=a", {"a": value}, evaluate)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 2001},
        {"labels": {"": "x"}},
        {"labels": {"a": ""}},
        {"labels": {f"l{n}": "x" for n in range(51)}},
        {"resolve_delay_seconds": -1},
        {"nonsense": 1},
    ],
)
def test_what_cannot_be_set(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Choice.model_validate(fields)


def test_a_rule_is_stored_and_read_again() -> None:
    definition = {"when": "true", "then": "drop", "set": {"labels": {"a": "=title"}, "auto_resolve": False}}
    rule = Rule.model_validate({"name": "r"} | definition)
    assert rule.model_dump(mode="json", exclude_defaults=True) == {
        "name": "r",
        "then": "drop",
        "set": definition["set"],
    }
