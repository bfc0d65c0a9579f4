"""Matchers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.matchers import MatcherIn, parse_matcher
from domain.intake.quiet import Matcher

_adapter: TypeAdapter[Matcher] = TypeAdapter(MatcherIn)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('service="x"', ("service", "=", "x")),
        ('severity=~"SEV[12].*"', ("severity", "=~", "SEV[12].*")),
        (' a != "b c" ', ("a", "!=", "b c")),
        ("a !~ b", ("a", "!~", "b")),
        ('"weird name" = "x"', ("weird name", "=", "x")),
        ("a=", ("a", "=", "")),
        ('a=""', ("a", "=", "")),
        ('a="x=y"', ("a", "=", "x=y")),
        ('a=~"(\\d+)\\.x"', ("a", "=~", "(\\d+)\\.x")),
        ('a="x\\"y\\n\\\\"', ("a", "=", 'x"y\n\\')),
        ('a="é\\u00e9"', ("a", "=", "éé")),
    ],
)
def test_texts(written: str, expected: tuple[str, str, str]) -> None:
    one = _adapter.validate_python(written)
    assert (one.name, one.operator.value, one.value) == expected


@pytest.mark.parametrize(
    "written",
    ["", "nope", '="x"', 'a="x', 'a=x"', 'a="x"y', "a==b", "a=~~b", 'a=~"("', '{a="b"}', "a<b", 'a="\x00"', "a\x00=b"],
)
def test_what_is_none(written: str) -> None:
    with pytest.raises(ValidationError):
        _adapter.validate_python(written)


@given(st.text(max_size=30) | st.text('a="=~!\\{} ', max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = _adapter.validate_python(text)
    except ValidationError:
        return
    assert found.name


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20))
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    if "\n" not in value:
        assert parse_matcher(f'a="{quoted}"')["value"] == value
