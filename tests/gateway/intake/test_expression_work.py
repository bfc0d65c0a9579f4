"""How much work an expression makes, told from its text and the size of the facts."""

from typing import Any

import pytest

from domain.intake.rule import ExpressionError
from gateway.intake.expression_work import MAX_WORK, SEARCH, Size, patterns_in, shape_of, size_of, work


def weight(expression: str, fact: Any) -> float:
    return work(shape_of(expression), size_of(fact, 10**6, 10**9))


@pytest.mark.parametrize(
    ("expression", "loops", "searches"),
    [
        ('title == "a"', False, False),
        ('"x.map(a, a)" == title', False, False),
        ("title == r'\\' || true // .map(", False, False),
        ("labels.all", False, False),
        ("labels . all (a, true)", True, False),
        ("labels.//\nall(a, true)", True, False),
        ('title + "a"', True, False),
        ('title.matches("a")', False, True),
        ("labels.matches == ''", False, False),
    ],
)
def test_what_loops_and_searches(expression: str, loops: bool, searches: bool) -> None:
    shape = shape_of(expression)
    assert (shape.loops, shape.searches) == (loops, searches)


def test_columns_stay_where_they_are() -> None:
    text = 'title.matches("a") && has(labels.matches) && "matches("'
    shape = shape_of(text)
    assert shape.text == text.replace("matches", SEARCH, 1)
    assert len(shape.text) == len(text)


@pytest.mark.parametrize("nesting", [1, 2])
def test_nesting_is_counted(nesting: int) -> None:
    expression = "true"
    for _ in range(nesting):
        expression = f"raw.exists(a, {expression})"
    assert len(shape_of(expression).steps) == nesting + 1
    with pytest.raises(ExpressionError, match="within loops"):
        shape_of(f"raw.exists(a, raw.filter(a, {expression}))" if nesting == 1 else f"raw.exists(a, {expression})")


def test_more_to_look_at_is_more_work() -> None:
    for expression in ("raw.all(a, a == 1)", "raw.all(a, raw.all(b, a == b))", "raw.map(a, a)", "raw + raw"):
        weights = [weight(expression, list(range(count))) for count in (1, 10, 100, 1000)]
        assert weights == sorted(set(weights))
    small = list(range(50))
    assert weight("raw.all(a, a == 1)", small) < weight("raw.all(a, raw.all(b, a == b))", small)
    assert weight("raw.filter(a, a == 1)", small) < weight("raw.map(a, [a, a, a])", small)


@pytest.mark.parametrize(
    ("expression", "fact", "allowed"),
    [
        ('labels.exists(a, labels[a].startsWith("x"))', {f"l{n}": "v" * 100 for n in range(100)}, True),
        ("labels.exists(a, labels.exists(b, a == b))", {f"l{n}": "v" * 10 for n in range(100)}, True),
        ("raw.tags.filter(t, t.name == 'x')[0].name", {"tags": [{"name": "x" * 20}] * 50}, True),
        ("raw.tags.map(t, t.name)", {"tags": [{"name": "x" * 20}] * 50}, True),
        ("raw.tags.all(a, raw.tags.all(b, a != b))", {"tags": list(range(1000))}, False),
        ("raw.tags.map(a, raw)", {"tags": list(range(1000))}, False),
    ],
)
def test_what_people_need_is_allowed(expression: str, fact: Any, allowed: bool) -> None:
    assert (weight(expression, fact) <= MAX_WORK) is allowed


def test_sizes() -> None:
    assert size_of({"a": [1, "xyz", None], "bc": {}}, 100, 100) == Size(nodes=6, characters=6, longest=3, depth=3)
    assert size_of(list(range(10**6)), 100, 100).nodes == 101, "it stops at the limit"
    assert size_of("x" * 1000, 100, 100).characters == 1000


def test_patterns() -> None:
    assert patterns_in("""a.matches("x\\"(") || matches(b, "c") || d.matches(e) || f.matches(r'g')""") == [
        '"x\\"("',
        "r'g'",
    ]
