"""Hours of the week: one validator for policies, people and schedules."""

import pytest
from pydantic import BaseModel, ValidationError

from domain.condition import WallHours
from domain.person import QuietHours
from domain.policy import WorkingHours
from domain.schedule.schedule import Restriction


@pytest.mark.parametrize("kind", [WallHours, QuietHours, WorkingHours, Restriction])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"from": "24:00"}, "24:00 ends a day: write 00:00 and the weekday after"),
        ({"from": "9:00"}, "'9:00' is not a time of day: write HH:MM, such as 09:00"),
        ({"from": "٠٩:٠٠"}, "is not a time of day"),
        ({"until": "24:01"}, "is not a time of day"),
        ({"until": "09:00\n"}, "is not a time of day"),
    ],
)
def test_what_is_no_time_of_day(kind: type[BaseModel], given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(given)
    (error,) = caught.value.errors()
    assert error["loc"] == tuple(given) and says in error["msg"]


@pytest.mark.parametrize("kind", [WallHours, QuietHours, WorkingHours, Restriction])
def test_a_day_ends_at_midnight(kind: type[BaseModel]) -> None:
    hours = kind.model_validate({"from": "00:00", "until": "24:00"})
    assert kind.model_validate(hours.model_dump(mode="json", by_alias=True)) == hours
