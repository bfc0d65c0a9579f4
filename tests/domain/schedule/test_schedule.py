"""What may be written down as a schedule, what is said of what may not, and how it reads when written out."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.schedule.schedule import Override, Restriction, Schedule, distinct
from tests.domain.schedule.build import PARIS, always, hours, layer, override, schedule, span

ROTATION: dict[str, Any] = {
    "kind": "weekly",
    "start": "2026-01-05T09:00:00+01:00",
    "participants": [["ana@example.com"], ["bo@example.com", " cy@example.com "]],
    "restrictions": [{"weekdays": ["mon"], "from": "09:00", "until": "17:00"}],
}


def written(rotation: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A schedule as JSON has it."""
    rotations = [ROTATION | (rotation or {})]
    return {"name": "Web", "time_zone": PARIS, "layers": [{"name": "first", "rotations": rotations}]} | fields


def test_it_reads_as_the_contract_writes_it() -> None:
    one = Schedule.model_validate(written())
    (rotation,) = one.layers[0].rotations
    assert (rotation.interval, one.layers[0].level, one.team) == (1, 1, None)
    assert rotation.participants == (("ana@example.com",), ("bo@example.com", "cy@example.com"))
    assert rotation.restrictions[0] == hours("09:00-17:00", "mon")


def test_it_is_written_out_under_the_names_of_the_contract() -> None:
    out = Schedule.model_validate(written()).model_dump(mode="json")
    assert out["layers"][0]["rotations"][0]["start"] == "2026-01-05T09:00:00+01:00"
    assert out["layers"][0]["rotations"][0]["restrictions"] == [
        {"weekdays": ["mon"], "from": "09:00", "until": "17:00", "holidays": "any"}
    ]


def test_overrides_and_spans_are_not_written_out() -> None:
    one = schedule(
        PARIS,
        layer(spans=(span("2026-01-05 08:00", "2026-01-05 09:00", "ana"),)),
        overrides=(override("add", "2026-01-05 08:00", "2026-01-05 09:00", "bo"),),
    )
    out = one.model_dump()
    assert "overrides" not in out and "spans" not in out["layers"][0]


def test_a_restriction_may_be_made_by_either_name() -> None:
    assert Restriction(from_="09:00") == Restriction.model_validate({"from": "09:00", "until": "24:00"})


@pytest.mark.parametrize(
    ("wrong", "where", "says"),
    [
        (written({"start": "2026-01-05T09:00:00"}), "start", "write it as 2026-01-05T09:00:00+01:00"),
        (written({"start": "1850-01-05T09:00:00Z"}), "start", "in the years 1970 to 2199"),
        (written({"kind": "yearly"}), "kind", "'hourly', 'daily', 'weekly' or 'monthly'"),
        (written({"interval": 0}), "interval", "greater than or equal to 1"),
        (written({"interval": 1001}), "interval", "less than or equal to 1000"),
        (written({"participants": []}), "participants", "at least 1 item"),
        (written({"participants": [["a"]] * 201}), "participants", "at most 200 items"),
        (written({"participants": [[" "]]}), "participants", "at least 1 character"),
        (written({"participants": ["ana@example.com"]}), "participants", "valid tuple"),
        (written({"until": "2026-01-05T08:00:00Z"}), "rotations", "until must be after start"),
        (written({"until": "2026-02-05T09:00:00"}), "until", "has no offset from UTC"),
        (written({"until": "2026-02-05"}), "until", "must be a timestamp such as"),
        (written({"until": "1767225600"}), "until", "must be a timestamp such as"),
        (written({"until": 0}), "until", "must be a timestamp such as"),
        (written({"restrictions": [{"from": "9:00"}]}), "from", "write HH:MM, such as 09:00"),
        (written({"restrictions": [{"until": "24:01"}]}), "until", "write HH:MM, such as 09:00"),
        (written({"restrictions": [{"from": "24:00"}]}), "from", "write 00:00 and the weekday after"),
        (written({"restrictions": [{"weekdays": ["Monday"]}]}), "weekdays", "'mon', 'tue'"),
        (written({"restrictions": [{"weekdays": []}]}), "weekdays", "at least 1 item"),
        (written({"restrictions": [{}] * 21}), "restrictions", "at most 20 items"),
        (written({"weights": {"night_weight": -1}}), "night_weight", "greater than or equal to 0"),
        (written({"participant": []}), "participant", "Extra inputs are not permitted"),
        (written(time_zone="Europe/Pariss"), "time_zone", "write Europe/Paris or"),
        (written(time_zone="CEST+2"), "time_zone", "is no IANA time zone"),
        (written(time_zone="../etc/passwd"), "time_zone", "is no IANA time zone"),
        (written(time_zone="right/Europe/Paris"), "time_zone", "is no IANA time zone"),
        (written(name=" "), "name", "at least 1 character"),
        (written(name="x" * 256), "name", "at most 255 characters"),
        (written(layers=[{"name": "x", "level": 21}]), "level", "less than or equal to 20"),
        (written(layers=[{"name": "x"}] * 51), "layers", "at most 50 items"),
        (written(layers=[{"name": "x", "rotations": [ROTATION] * 21}]), "rotations", "at most 20 items"),
        (written(holidays=[{"date": "9999-12-31", "name": "x"}]), "date", "in the years 1970 to 2199"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(wrong: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Schedule.model_validate(wrong)
    assert any(where in error["loc"] and says in error["msg"] for error in caught.value.errors()), str(caught.value)


@pytest.mark.parametrize(
    ("fields", "where", "says"),
    [
        ({"end": "2026-01-05T08:00:00Z"}, "end", "must be after start"),
        ({"end": "2026-01-05T08:30:00+01:00"}, "end", "must be after start"),
        ({"end": "2026-01-05T09:00:00"}, "end", "has no offset from UTC"),
        ({"users": []}, None, "write the kind remove without users"),
        ({"kind": "add", "users": []}, None, "users must name somebody"),
        ({"kind": "add", "replaces": "ana"}, None, "belongs to the kind replace, not to add"),
        ({"kind": "remove", "replaces": "ana"}, None, "belongs to the kind replace, not to remove"),
        ({"level": 0}, "level", "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_an_override(fields: dict[str, Any], where: str | None, says: str) -> None:
    right = {
        "id": "00000000-0000-0000-0000-000000000001",
        "start": "2026-01-05T08:00:00Z",
        "end": "2026-01-05T09:00:00Z",
        "users": ["ana"],
    }
    assert Override.model_validate(right).kind == "replace"
    assert Override.model_validate(right | {"kind": "remove", "users": []}).users == ()
    with pytest.raises(ValidationError) as caught:
        Override.model_validate(right | fields)
    assert [(error["loc"], says in error["msg"]) for error in caught.value.errors()] == [
        ((where,) if where else (), True)
    ]


def test_people_are_all_who_are_named_once_in_order() -> None:
    one = schedule(
        PARIS,
        always("ana bo+cy - ana"),
        layer(calendar="cal", spans=(span("2026-01-05 08:00", "2026-01-05 09:00", "di+bo"),)),
        overrides=(override("replace", "2026-01-05 08:00", "2026-01-05 09:00", "eve", replaces="fay"),),
    )
    assert one.people == ("ana", "bo", "cy", "di", "eve", "fay")


def test_an_address_in_capitals_is_the_same_person() -> None:
    assert distinct(["Ana@example.com", "bo@example.com", "ana@EXAMPLE.com"]) == ("Ana@example.com", "bo@example.com")
