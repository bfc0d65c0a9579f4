"""Correlation keys: what joins one incident, and what never does."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alert import Alert
from domain.intake.correlation import MAX_KEY, Key, key_of
from domain.intake.source import Correlation, Source
from domain.severity import Severity

SERVICE, OTHER = UUID(int=1), UUID(int=2)
ONE = Source(id=UUID(int=8), name="a", kind="generic")
TWO = Source(id=UUID(int=9), name="b", kind="generic")
TOKEN = Source(name="generic", kind="generic")


def alert(**fields: Any) -> Alert:
    usual = {"title": "t", "service_name": "s", "severity": "SEV1_CRITICAL"}
    return Alert.model_validate(usual | fields)


def key(
    preset: str = "fingerprint",
    *,
    given_alert: Alert | None = None,
    service: UUID = SERVICE,
    source: Source = ONE,
    chosen: str | None = None,
    known: bool = True,
    **correlation: Any,
) -> Key:
    setting = Correlation.model_validate({"preset": preset} | correlation)
    return key_of(given_alert or alert(), service, source, setting, chosen, known, 300)


def test_fingerprints_are_their_sources_own() -> None:
    with_one = alert(fingerprint="f")
    assert key(given_alert=with_one) == Key(f"source:{ONE.id}:fingerprint:f", None)
    assert key(given_alert=with_one, source=TWO) != key(given_alert=with_one)
    assert key(given_alert=with_one, source=TOKEN).text == "fingerprint:f", "as of POST /incidents/"
    assert key(given_alert=with_one, window_seconds=60).window_seconds == 60


def test_without_a_fingerprint_it_is_service_and_severity_for_a_while() -> None:
    assert key() == key("service+severity") == Key(f"severity:SEV1_CRITICAL:service:{SERVICE}", 300)
    assert key(source=TWO) == key(), "over sources"
    assert key(given_alert=alert(severity=Severity.SEV2_HIGH)) != key()
    assert key("service+severity", window_seconds=60).window_seconds == 60
    assert key("service+severity", given_alert=alert(fingerprint="f")) == key()


def test_of_a_service() -> None:
    assert key("service") == Key(f"service:{SERVICE}", None), "as of POST /incidents/"
    assert key("service", given_alert=alert(fingerprint="f", severity="SEV4_LOW")) == key("service")
    assert key("service", service=OTHER) != key("service")


def test_names_that_nobody_knows_stay_apart() -> None:
    keys = {key("service", given_alert=alert(service_name=name), known=False) for name in ("a", "A", "b")}
    assert {one.text for one in keys} == {"unknown:a", "unknown:b"}


def test_over_labels() -> None:
    def of(labels: dict[str, str], *names: str) -> str:
        return key("labels", given_alert=alert(labels=labels), labels=list(names)).text

    assert of({"a": "1", "b": "2"}, "a") == of({"a": "1", "b": "3"}, "a") != of({"a": "2"}, "a")
    assert of({"a": ""}, "a") == of({}, "a"), "a label that is not there is empty"
    assert of({"a": 'x", "b', "b": "y"}, "a", "b") != of({"a": "x", "b": 'b", "y'}, "a", "b")
    assert of({"a": "1"}, "a") != of({"a": "1"}, "a", "b")


def test_a_rules_key_goes_before_everything() -> None:
    assert key(chosen="k", given_alert=alert(fingerprint="f")) == Key(f"source:{ONE.id}:rule:k", None)
    assert key("service", chosen="k", window_seconds=60) == Key(f"source:{ONE.id}:rule:k", 60)


@pytest.mark.parametrize("preset", ["fingerprint", "service", "service+severity"])
def test_drills_have_keys_of_their_own(preset: str) -> None:
    assert key(preset, given_alert=alert(time_scale=60.0)) != key(preset)


@given(st.text(max_size=3000), st.text(max_size=3000))
def test_keys_fit_and_stay_different(one: str, other: str) -> None:
    chosen = [key(chosen=f"k{text}").text for text in (one, other)]
    labels = [key("labels", given_alert=alert(labels={"a": text}), labels=["a"]).text for text in (one, other)]
    for made in (chosen, labels):
        assert all(len(text) <= MAX_KEY for text in made)
        assert (made[0] == made[1]) is (one == other)


def test_kinds_never_absorb_each_other() -> None:
    made = [
        key(given_alert=alert(fingerprint="service:x")),
        key("service"),
        key("service+severity"),
        key("labels", labels=["a"]),
        key(chosen=f"service:{SERVICE}"),
        key(chosen="x", source=TOKEN),
        key(given_alert=alert(fingerprint="rule:x"), source=TOKEN),
    ]
    assert len({one.text for one in made}) == len(made)
