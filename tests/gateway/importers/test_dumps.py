"""Dumps of any make: read, or refused with a sentence, and never anything else; what is read is a sound catalogue."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue import broken_references
from gateway.importers import goalert, grafana_oncall, opsgenie, pagerduty
from gateway.importers.imported import Imported, UnreadableDump
from tests.support.months import dump

READERS: dict[str, Callable[[dict[str, Any]], Imported]] = {
    "goalert": goalert.read,
    "grafana_oncall": grafana_oncall.read,
    "opsgenie": opsgenie.read,
    "pagerduty": pagerduty.read,
}

vendors = st.sampled_from(sorted(READERS))
garbage = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just(["x"]),
)


@pytest.mark.parametrize("vendor", READERS)
def test_nothing_is_named_that_is_not_there(vendor: str) -> None:
    assert broken_references(READERS[vendor](dump(vendor)).catalogue) == []


@pytest.mark.parametrize("vendor", READERS)
def test_the_same_dump_is_read_the_same(vendor: str) -> None:
    assert READERS[vendor](dump(vendor)) == READERS[vendor](dump(vendor))


@pytest.mark.parametrize("vendor", READERS)
@pytest.mark.parametrize("said", [{}, {"users": None}, {"users": "x"}, {"users": [1]}, {"users": {}}])
def test_a_dump_without_users_is_refused(vendor: str, said: dict[str, Any]) -> None:
    with pytest.raises(UnreadableDump, match="“users”"):
        READERS[vendor](said)


@pytest.mark.parametrize("vendor", READERS)
def test_a_time_that_is_none_is_refused(vendor: str) -> None:
    with pytest.raises(UnreadableDump, match="exported_at"):
        READERS[vendor]({"exported_at": "yesterday", "users": []})


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a dump with every key of it."""
    found: list[tuple[Any, Any]] = []
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        found.append((value, key))
        if isinstance(inner, dict | list):
            found += places(inner)
    return found


@settings(deadline=None, max_examples=150)
@given(vendors, st.lists(st.tuples(st.integers(0, 100_000), garbage), min_size=1, max_size=4))
def test_whatever_is_wrong_in_a_dump_spoils_only_itself(vendor: str, changes: list[tuple[int, Any]]) -> None:
    said = copy.deepcopy(dump(vendor))
    for number, value in changes:
        everywhere = places(said)
        container, key = everywhere[number % len(everywhere)]
        container[key] = copy.deepcopy(value)
    try:
        READERS[vendor](said)
    except UnreadableDump:
        return
