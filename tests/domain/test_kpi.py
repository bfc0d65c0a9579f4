"""KPIs: what is missing or impossible is None, never 0."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import kpi
from tests.support.values import NOON

LATER = NOON + timedelta(minutes=5)
FIGURES = (kpi.mttd_seconds, kpi.mtta_seconds, kpi.mttr_seconds)


@pytest.mark.parametrize("figure", FIGURES)
def test_figures(figure) -> None:  # type: ignore[no-untyped-def]
    assert figure(NOON, LATER) == 300
    assert figure(NOON, NOON) == 0
    assert figure(LATER, NOON) is None
    assert figure(None, NOON) is None
    assert figure(NOON, None) is None


numbers = st.lists(st.floats(0, 1e6), min_size=1)


@given(numbers, st.floats(0, 1))
def test_percentiles_lie_between_the_extremes_and_grow(values: list[float], share: float) -> None:
    found = kpi.percentile(values, share)
    assert found is not None
    assert min(values) <= found <= max(values) + 1e-9
    assert kpi.percentile(values, 0) == min(values)
    assert kpi.percentile(values, 1) == max(values)


def test_percentile_and_mean_by_hand() -> None:
    assert kpi.percentile([4, 1, 3, 2], 0.5) == 2.5
    assert kpi.percentile([10], 0.99) == 10
    assert kpi.percentile([], 0.5) is None
    assert kpi.mean([1, 2, 6]) == 3
    assert kpi.mean([]) is None
