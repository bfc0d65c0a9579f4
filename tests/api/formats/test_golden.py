"""What each sender really sends, and what a person would expect of it."""

import pytest

from api.formats import ALIASES, FORMATS, KINDS
from tests.api.formats import golden


@pytest.mark.parametrize(("kind", "case"), golden.ALL, ids=lambda value: value)
def test_a_golden_body(kind: str, case: str) -> None:
    assert [golden.said(signal) for signal in golden.read(kind, case)] == golden.expected(kind, case)


@pytest.mark.parametrize(("kind", "case"), golden.ALL, ids=lambda value: value)
def test_what_is_not_known_is_kept(kind: str, case: str) -> None:
    body = golden.body(kind, case) | {"from the future": {"x": [1, None]}}
    body |= {"alerts": [alert | {"from the future": 2} for alert in body["alerts"]]} if "alerts" in body else {}
    for signal in FORMATS[kind](body, {}):
        assert "from the future" in signal.raw or kind == "cloudwatch"


def test_every_format_has_golden_bodies_and_aliases_lead_somewhere() -> None:
    assert {kind for kind, _ in golden.ALL} == set(KINDS)
    assert set(FORMATS) == {*KINDS, *ALIASES}
    assert FORMATS["uptime-kuma"] is FORMATS["uptimekuma"]
