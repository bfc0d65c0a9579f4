"""Which policy is the default: one answer, for incidents, for `lint` and for `why`."""

from typing import Any

import pytest

from config.settings import Settings
from domain.catalogue import Catalogue
from domain.foresight.lint import lint
from domain.foresight.why import policy_because
from domain.organisation import default_policy, policy_for
from domain.severity import Severity
from gateway.starting import default_policy_name
from tests.domain.foresight.house import NOW, values

SEV1 = Severity.SEV1_CRITICAL


def house(*names: str, marked: str | None = None) -> Catalogue:
    """Whose team names no policy."""
    made = values()
    steps = made["policies"][0]["steps"]
    made["policies"] = [{"name": name, "is_default": name == marked, "steps": steps} for name in names]
    made["teams"][0].pop("policy")
    return Catalogue.model_validate(made)


@pytest.mark.parametrize(
    ("names", "marked", "timeout", "expected"),
    [
        (("ladder", "own"), "own", None, "own"),
        (("fast", "ladder", "own"), "own", 120, "fast"),
        (("ladder", "own"), "own", 120, "own"),
        (("a", "ladder"), None, None, "ladder"),
        (("b", "a"), None, 120, "a"),
    ],
)
def test_the_default(names: tuple[str, ...], marked: str | None, timeout: float | None, expected: str) -> None:
    catalogue = house(*names, marked=marked)
    preferred = default_policy_name(Settings(escalation_timeout_seconds=timeout))
    service = catalogue.services[0]
    found = default_policy(catalogue, preferred)
    assert found is not None and found.name == expected
    assert policy_for(catalogue, service, SEV1, preferred).name == expected
    for name in names:
        because = policy_because(catalogue, service, SEV1, name, preferred)
        assert (because == "it is the default") == (name == expected)


def climbing(catalogue: Catalogue, preferred: str = "") -> list[str]:
    """What lint says of teams without a policy."""
    return [finding.message for finding in lint(catalogue, NOW, 30, preferred=preferred) if finding.field == "policy"]


def test_lint_says_by_what_a_team_without_a_policy_climbs_when_none_is_marked() -> None:
    assert climbing(house("ladder", "own", marked="own")) == []
    assert climbing(house("fast", "ladder"), preferred="fast") == []
    (said,) = climbing(house("fast", "ladder"))
    assert said == "the team Core has no policy, and none is the default: it climbs by ladder"


@pytest.mark.parametrize("services", [True, False])
def test_no_policy_at_all_is_a_fault(services: bool) -> None:
    made: dict[str, Any] = values()
    made["policies"] = []
    made["teams"][0].pop("policy")
    if not services:
        made["services"] = []
    (fault,) = [f for f in lint(Catalogue.model_validate(made), NOW) if f.severity == "fault"]
    assert (fault.code, fault.where) == ("no_policy", "policies")
    assert fault.services == (("redis",) if services else ())
    assert default_policy(Catalogue.model_validate(made)) is None
