"""What rules may say in CEL, and that nothing which they say or are given to look at stops or ends the process."""

import contextlib
import re
import subprocess
import sys
import threading
import time
from typing import Any

import cel
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.rule import ExpressionError, Facts
from domain.intake.signal import Signal
from domain.intake.source import Source
from domain.intake.verdict import facts_of
from gateway.intake.expressions import MAX_RAW_NODES, NAMES, Evaluator, check, evaluate, matches

SOURCE = Source(name="prom", kind="alertmanager")


def facts(**fields: Any) -> Facts:
    given = {"title": "Redis is down", "severity": "critical", "labels": {"service": "redis", "pod": "redis-0"}}
    return facts_of(Signal.model_validate(given | fields), SOURCE)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("true", True),
        ('labels.service == "redis" && severity == "SEV1_CRITICAL"', True),
        ('word == "critical" && kind == "alertmanager" && source == "prom"', True),
        ('labels["pod"].startsWith("redis-")', True),
        ('"zone" in labels', False),
        ("has(labels.zone)", False),
        ('has(labels.zone) && labels.zone == "x"', False),
        ('labels.exists(name, name == "pod")', True),
        ('labels.all(name, labels[name].contains("redis"))', True),
        ("raw.tags.filter(t, t.name.startsWith('team:'))[0].name", "team:payments"),
        ("raw.tags.map(t, t.name).size()", 2),
        ('raw.tags.exists(t, t.name.matches("^env:(prod|live)$"))', True),
        ('title.matches("is (up|down)$")', True),
        ('matches(title, "^Redis")', True),
        ('title.lowerAscii().contains("redis is")', True),
        ('title.upperAscii() + "!"', "REDIS IS DOWN!"),
        ('"  x ".trim()', "x"),
        ("raw.value > 90", True),
        ("raw.value + 1", 96),
        ("raw.share * 2.0", 0.5),
        ("1 == 1.0 && 1u == 1", True),
        ("size(title)", 13),
        ('labels.service + "/" + labels.pod', "redis/redis-0"),
        ('severity in ["SEV1_CRITICAL", "SEV2_HIGH"]', True),
        ('r\'\\d\' + "\\"" // a comment with .map( in it', '\\d"'),
        ('".map(x, .map(y, .map(z, .map(" + "\'"', ".map(x, .map(y, .map(z, .map('"),
    ],
)
def test_values(expression: str, value: Any) -> None:
    raw = {"value": 95, "share": 0.25, "tags": [{"name": "env:live"}, {"name": "team:payments"}]}
    assert evaluate(expression, facts(raw=raw)) == value
    check(expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "cannot be read"),
        ("1 +", "line 1, column 4: mismatched input the end"),
        ("a b", "line 1, column 3"),
        ('"open', "quote left open"),
        ("title.`x`", "quote left open"),
        ('rb"x"', "unknown prefix 'rb'"),
        ("nonsense == 1", "'nonsense'"),
        ("nonsense(1)", "'nonsense'"),
        ("title.nonsense()", "'nonsense'"),
        ("(" * 900 + "1" + ")" * 900, "cannot be read"),
        ("99999999999999999999", "invalid int literal"),
        ("x" * 2001, "longer than 2000"),
        ("[1].all(a, [1].all(b, [1].all(c, true)))", "loops within loops within loops"),
        ("[1].all(a,true)" + "&&[1].all(a,true)" * 6, "7 loops"),
        ("[1].map(a, a).map(b, b)", "'map' more than once"),
        ("title" + "+title" * 21, "'+' 21 times"),
        ('title.matches("(")', "no regular expression"),
        ('title.matches("(?=a)")', "no regular expression"),
    ],
)
def test_what_is_refused_when_it_is_saved(expression: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(said)) as caught:
        check(expression)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("labels.zone", "there is no 'zone'"),
        ("title + 1", "string \\+ int"),
        ("1 + 1.5", "[Oo]verload|Unsupported"),
        ("1 / 0", "division by zero"),
        ("9223372036854775807 + size(title)", "overflow"),
        ("labels[5]", "5"),
        ("raw.tags[7]", "7"),
        ("int(title)", "int"),
        ("title.all(c, true)", "overload"),
        ("Foo{a: 1}", "Foo"),
        ("true || nonsense(1) && nonsense", None),
    ],
)
def test_what_goes_wrong_over_an_alert(expression: str, said: str | None) -> None:
    given = facts(raw={"tags": []})
    if said is None:
        assert evaluate(expression, given) is True
    else:
        with pytest.raises(ExpressionError, match=said):
            evaluate(expression, given)


def test_names_are_those_of_the_facts() -> None:
    assert facts().keys() == NAMES
    for name in NAMES:
        check(f"{name} == {name}")
    check("labels.all(name, raw.exists(other, other == name))")


def test_a_body_that_is_too_large_is_not_looked_at() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    for raw in (deep, {"x": "y" * 70_000}, {"x": list(range(MAX_RAW_NODES))}):
        given = {**facts(), "raw": raw}
        assert evaluate("raw == {} && size(raw) == 0", given) is True
        assert evaluate('labels.service == "redis"', given) is True
    labels = {f"l{number}": "v" * 5000 for number in range(100)}
    assert evaluate('labels.l7.startsWith("vvv") && size(labels) == 100', facts(labels=labels)) is True


@pytest.mark.parametrize("raw", [None, 5, "text", [1, "a", None], {"a": None}, {"a": float("inf")}, {"a": 2**80}])
def test_any_body(raw: Any) -> None:
    assert evaluate("raw == raw", facts(raw=raw)) is True


@pytest.mark.parametrize("raw", ["\ud800", {None: 1}, object()])
def test_a_body_that_the_language_cannot_hold(raw: Any) -> None:
    with pytest.raises(ExpressionError):
        evaluate("raw == 1", {**facts(), "raw": raw})


HARD = [
    "raw.l.all(a, raw.l.all(b, a + b >= 0))",
    "raw.l.map(a, raw.l.filter(b, raw == raw))",
    "[title].map(a, " + "+".join(["a"] * 21) + ")",
    "[1].map(a, [" + ",".join(["raw"] * 300) + "])",
    "raw.l.map(a, raw)",
    "raw.l.exists(a, raw.s.matches('(x+x+)+y'))",
    "raw.s.matches('(x|xx|xxx){1,1000}y')",
    "raw.s.matches('(((x{1,30}){1,30}){1,30})y')",
    "description" + "+description" * 20,
    "raw.l.exists(a, raw.s.matches('(?:x?){160}x{160}y'))",
    "raw.l.exists(a, raw.s.matches('(?:x?){160}x{' + string(a % 100) + '}y'))",
    "!" * 1990 + "true",
    "-" * 1990 + "1",
    "size(" * 300 + "title" + ")" * 300,
    "[" * 900 + "1" + "]" * 900,
    "title" + ".a" * 900,
    "raw" + "[0]" * 600,
    "1" + "+1" * 20 + "-1" * 900,
    "raw.l.all(a, raw.l.all(b, [a, a, a].exists_one(c, c == b)))",
]


@pytest.mark.parametrize("expression", HARD, ids=lambda text: text[:30])
def test_nothing_hangs(expression: str) -> None:
    given = facts(description="y" * 50_000, raw={"l": list(range(3000)), "s": "x" * 40_000})
    begun = time.thread_time()
    with contextlib.suppress(ExpressionError):
        Evaluator().evaluate(expression, given)
    assert time.thread_time() - begun < 2


def test_every_hard_one_in_a_thread_with_its_smaller_stack() -> None:
    def run() -> None:
        for expression in HARD:
            with contextlib.suppress(ExpressionError):
                Evaluator().evaluate(expression, facts(raw={"l": [1, 2], "s": "x"}))
        done.append(True)

    done: list[bool] = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert done


def test_memory_stays_bounded() -> None:
    """In a process of its own that may have a gigabyte."""
    program = f"""
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from domain.intake.rule import ExpressionError
from gateway.intake.expressions import Evaluator
facts = {{"title": "t" * 500, "description": "y" * 50_000, "raw": {{"l": list(range(110)), "s": "x" * 40_000}}}}
for expression in {HARD!r}:
    try:
        Evaluator().evaluate(expression, facts)
    except ExpressionError:
        pass
print("alive")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1:] == ["alive"], done.stderr[-2000:]


def test_what_took_too_long_is_left_out_for_a_minute() -> None:
    times = iter([0.0, 0.06, 5.0, 5.001, 7.0, 7.001])
    now = 1000.0
    evaluator = Evaluator(clock=lambda: now, processor=lambda: next(times))
    slow, other = "labels.exists(l, l == 'pod')", "labels.all(l, l != '')"
    with structlog.testing.capture_logs() as logs:
        assert evaluator.evaluate(slow, facts()) is True, "its value is known, late as it is"
    assert [(log["expression"], log["milliseconds"]) for log in logs] == [(slow, 60)]
    with pytest.raises(ExpressionError, match="longer than 50 ms"):
        evaluator.evaluate(slow, facts())
    assert evaluator.evaluate(other, facts()) is True, "others go on"
    now += 60
    assert evaluator.evaluate(slow, facts()) is True


def test_a_slow_regular_expression_in_a_loop_is_stopped() -> None:
    evaluator = Evaluator(budget_seconds=0.001, processor=lambda: 0.0)
    given = facts(raw={"l": list(range(100)), "s": "x" * 9000})
    with pytest.raises(ExpressionError, match="too long over a regular expression"):
        evaluator.evaluate("raw.l.exists(a, raw.s.matches('(?:x?){160}x{160}y'))", given)
    with pytest.raises(ExpressionError, match="longer than 1 ms"):
        evaluator.evaluate("raw.l.exists(a, raw.s.matches('(?:x?){160}x{160}y'))", given)
    assert evaluator.evaluate("raw.l.exists(a, a == 5)", given) is True


def test_a_panic_of_the_library_is_an_error_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})

    def broken(_: str) -> Any:
        raise panic("index out of bounds")

    monkeypatch.setattr(cel, "compile", broken)
    with pytest.raises(ExpressionError, match="broke down"):
        check("size(title) == 4711")


def test_each_alert_has_its_own_facts() -> None:
    evaluator = Evaluator()
    seen = [evaluator.evaluate("labels.n + raw.n", facts(labels={"n": n}, raw={"n": n})) for n in ("1", "2", "1")]
    assert seen == ["11", "22", "11"]


_PIECES = (
    'title labels raw.l raw 1 2u 1.5 "a" null true x + - * / % == < && || ! ? : ( ) [ ] { } , .a .size() .all(x,'
    " .map(x, .filter(x, in has( size( int( timestamp( duration( .matches( .getHours( ' \\ // `"
)
_pieces = st.sampled_from(_PIECES.split())


@given(st.lists(_pieces, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_evaluated_or_refused(text: str) -> None:
    for use in (check, lambda one: evaluate(one, facts(raw={"l": [1, "a", None]}))):
        with contextlib.suppress(ExpressionError):
            use(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("redis.*", "redis-prod", True),
        ("redis", "redis-prod", False),
        ("SEV[12].*", "SEV2_HIGH", True),
        ("", "", True),
        ("", "a", False),
        (".*", "two\nlines", True),
        ("(?i)REDIS", "redis", True),
        ("(", "(", False),
        ("(?=a)a", "a", False),
        ("x" * 1001, "x" * 1001, False),
        ("é+", "éé", True),
        (".", "\ud800", True),
        ("\ud800", "\ud800", False),
        ("(a+)+$", "a" * 5000 + "b", False),
    ],
)
def test_whole_matches(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@given(st.text(), st.text())
def test_matching_never_raises(pattern: str, text: str) -> None:
    assert matches(pattern, text) in {True, False}
