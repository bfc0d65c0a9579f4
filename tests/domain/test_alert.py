"""Correlation keys: keys of different kinds never absorb each other."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from domain.alert import service_key
from tests.support.values import an_alert

SERVICE = uuid4()


def test_a_fingerprint_is_the_key_alone() -> None:
    one = an_alert(fingerprint="f", service_name="redis-prod")
    assert service_key(one, SERVICE, known=True) == "fingerprint:f"
    assert service_key(one, uuid4(), known=False) == "fingerprint:f"


def test_without_one_it_is_the_service_or_the_unknown_name_in_any_case() -> None:
    alert = an_alert(fingerprint=None, service_name="Grafana X")
    assert service_key(alert, SERVICE, known=True) == f"service:{SERVICE}"
    assert service_key(alert, SERVICE, known=False) == "unknown:grafana x"


@given(st.text(max_size=20), st.booleans(), st.sampled_from((None, 1.0, 60.0)))
def test_keys_of_different_kinds_are_different(name: str, known: bool, scale: float | None) -> None:
    made = {
        service_key(an_alert(fingerprint=fingerprint, service_name=name, time_scale=drill), SERVICE, known=known)
        for fingerprint in (None, name, f"service:{SERVICE}", f"unknown:{name}")
        for drill in (None, scale)
    }
    different = len({None, name, f"service:{SERVICE}", f"unknown:{name}"}) * len({None, scale})
    assert len(made) == different
