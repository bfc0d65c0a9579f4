"""Commands from anywhere, above all from a hand at `temporal workflow signal`."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.commands import COMMAND, Acknowledge, Comment, Resolve, from_signal

Kind = Literal["acknowledge", "mitigate", "resolve"]
KINDS: tuple[Kind, ...] = ("acknowledge", "mitigate", "resolve")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=8,
)
fields = st.sampled_from(("id", "actor", "via", "note", "resolution_note", "root_cause", "kind", "text"))
# Surrogates too: `"\ud800"` is JSON.
wild_text = st.text(st.characters(codec=None, categories=None, exclude_categories=()), max_size=400)


@given(st.sampled_from(KINDS), anything | st.dictionaries(fields, anything | wild_text))
def test_from_signal_makes_a_storable_command_of_anything(kind: Kind, payload: Any) -> None:
    command = from_signal(kind, payload, "fallback")
    assert command.kind == kind
    assert command.id
    assert command.actor
    text = command.model_dump_json()  # also: no half of a surrogate pair
    assert "\\u0000" not in text
    assert COMMAND.validate_json(text) == command


def test_what_is_usable_is_used() -> None:
    command = from_signal("acknowledge", {"actor": "bo@example.com", "note": "on it", "id": "7", "via": 3}, "f")
    assert command == Acknowledge(id="7", actor="bo@example.com", via="temporal", note="on it")
    assert from_signal("acknowledge", None, "f") == Acknowledge(id="f", actor="temporal", via="temporal")


def test_note_is_another_name_of_resolution_note() -> None:
    assert from_signal("resolve", {"note": "restarted"}, "f") == Resolve(
        id="f", actor="temporal", via="temporal", resolution_note="restarted"
    )


def test_what_is_too_long_is_cut() -> None:
    command = from_signal("mitigate", {"id": "x" * 1000, "actor": "y" * 1000}, "f")
    assert (len(command.id), len(command.actor)) == (200, 320)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "acknowledge"},
        {"kind": "acknowledge", "id": ""},
        {"kind": "dance", "id": "1"},
        {"kind": "comment", "id": "1"},
        {"kind": "comment", "id": "1", "text": ""},
        {"kind": "comment", "id": "1", "text": "x" * 10_001},
        {"kind": "comment", "id": "1", "text": "a\0b"},
        {"kind": "acknowledge", "id": "1", "note": "\0"},
        {"kind": "merge", "id": "1", "into": "INC-3", "into_short_id": "INC-3"},
        {"kind": "clear", "id": "1", "auto": True},
        {"kind": "clear", "id": "1", "auto": True, "as_of": "2026-11-21T12:00:00Z", "delay_seconds": -1},
    ],
)
def test_a_wrong_command_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        COMMAND.validate_python(wrong)


def test_a_note_may_have_several_lines() -> None:
    command = COMMAND.validate_python({"kind": "comment", "id": "1", "text": "one\ntwo\n"})
    assert command == Comment(id="1", text="one\ntwo\n")
