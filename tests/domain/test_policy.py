"""Policies as data."""

from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from domain.policy import Policy
from tests.support.strategies import policies

STEP: dict[str, Any] = {"after_seconds": 0, "targets": [{"kind": "on_call"}]}


@settings(max_examples=50)
@given(policies())
def test_a_policy_is_the_same_after_it_was_kept(policy: Policy) -> None:
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


def test_a_rung_without_a_kind_tells_people() -> None:
    assert Policy.model_validate({"name": "p", "steps": [STEP]}).steps[0].kind == "notify"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"steps": []}, "at least 1 item"),
        ({"steps": [STEP | {"kind": "dance"}]}, "kind must be notify"),
        ({"steps": [STEP | {"targets": []}]}, "at least 1 item"),
        ({"steps": [STEP | {"nonsense": 1}]}, "Extra inputs"),
        ({"steps": [STEP | {"after_seconds": 9}, STEP]}, "step 2 comes before step 1"),
        ({"acknowledgements": 0}, "greater than or equal to 1"),
        ({"max_rounds": 0}, "greater than or equal to 1"),
    ],
)
def test_what_is_no_policy(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Policy.model_validate({"name": "p", "steps": [STEP], **change})
