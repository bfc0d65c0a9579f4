"""What the shipped policies say, by the organisation of whoever climbs by them."""

from datetime import timedelta

import pytest
import yaml

from config.defaults import BASE_CATALOGUE
from domain.catalogue import Catalogue
from domain.climb import PlannedStep
from domain.directory import Duty
from domain.escalation import ladder
from domain.policy import fast
from tests.support.values import DIRECTORY, NOON, a_situation

ANA, BO, DEE, FAY = (f"{name}@example.com" for name in ("ana", "bo", "dee", "fay"))
SHIPPED = Catalogue.model_validate(yaml.safe_load(BASE_CATALOGUE.read_text()))


def told(steps: list[PlannedStep], seconds: int) -> list[str]:
    at = NOON + timedelta(seconds=seconds)
    return [one.recipient for step in steps if step.at == at for one in step.deliveries]


@pytest.mark.parametrize("timeout", [120, 60])
def test_fast_pages_the_primary_then_the_backup_then_the_manager(timeout: int) -> None:
    """REQUIREMENTS R-F-02, R-N-05; without a backup the manager is next (R-F-09)."""
    policy = fast(SHIPPED.policy_named["fast"].rules, timeout)
    if timeout == 120:
        assert policy == SHIPPED.policy_named["fast"].rules, "so it is shipped"
    primary, backup = (
        Duty(start=NOON, end=NOON + timedelta(days=1), level=level, users=(who,)) for level, who in ((1, ANA), (2, BO))
    )
    for duties, expected in (((primary, backup), [ANA, BO, DEE, FAY]), ((primary,), [ANA, DEE, FAY, FAY])):
        directory = DIRECTORY.model_copy(update={"schedule": "core", "duties": {"core": duties}, "on_call": ()})
        steps = ladder(a_situation(policy, directory))
        assert [told(steps, timeout * n) for n in range(4)] == [[one] for one in expected]
