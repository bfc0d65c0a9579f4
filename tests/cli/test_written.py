"""What is written down is the same again; what files change, and what they leave alone."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cli.yaml_files import read
from cli.yaml_text import as_yaml
from domain.catalogue import Catalogue
from domain.changes import wanted
from domain.written import all_written
from tests.domain.foresight.house import ANA, BO, values
from tests.support.big_catalogue import big_values

TARGETS = st.sampled_from(
    [
        {"kind": "on_call"},
        {"kind": "on_call", "level": 2, "channel": "phone"},
        {"kind": "next_on_call", "schedule": "core"},
        {"kind": "team", "pick": "round_robin"},
        {"kind": "team_channel"},
        {"kind": "manager", "team": "Core"},
        {"kind": "title", "title": "CTO"},
        {"kind": "person", "email": ANA},
        {"kind": "people", "emails": [ANA, BO], "pick": "least_paged"},
        {"kind": "lead"},
        {"kind": "chat_channel", "name": "#alerts"},
        {"kind": "emails", "addresses": ["a@b.example"]},
        {"kind": "webhook", "url": "https://hooks.example.com/x"},
    ]
)
HOURS = {"weekdays": ["sat"], "from": "17:00", "until": "09:00", "of_person": True}
CONDITIONS = st.sampled_from(
    [{}, {"severities": ["SEV1_CRITICAL"]}, {"labels": {"on": "no"}}, {"hours": HOURS}, {"nobody_on_call": False}]
)
RUNGS = st.one_of(
    st.fixed_dictionaries({"targets": st.lists(TARGETS, min_size=1, max_size=3), "when": CONDITIONS}),
    st.fixed_dictionaries({"kind": st.just("open_war_room"), "when": CONDITIONS}),
    st.fixed_dictionaries({"kind": st.just("assign_role"), "role": st.just("commander"), "to": TARGETS}),
    st.fixed_dictionaries({"kind": st.just("wait_until_covered"), "at_most_seconds": st.integers(1, 9999)}),
    st.fixed_dictionaries({"kind": st.just("resolve"), "note": st.sampled_from(["", "two\nlines", "17:00", "no: #"])}),
)


@given(rungs=st.lists(RUNGS, min_size=1, max_size=5), text=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
@hypothesis_settings(max_examples=150)
def test_whatever_is_written_is_the_same_again(rungs: list[dict[str, Any]], text: str) -> None:
    house = values()
    steps = [{**rung, "after_seconds": 60 * number} for number, rung in enumerate(rungs)]
    house["policies"][0] |= {"steps": steps, "description": text[:2000]}
    catalogue = Catalogue.model_validate(house)
    again = Catalogue.model_validate(_read(as_yaml(catalogue)))
    assert wanted(catalogue, again, prune=True).changes == ()
    assert Catalogue.model_validate(all_written(catalogue)).policies == catalogue.policies


def test_a_large_catalogue_is_written_without_its_defaults() -> None:
    plain = big_values(10, 3)
    written = all_written(Catalogue.model_validate(plain))
    assert written["teams"] == sorted(plain["teams"], key=lambda team: str(team["name"]))
    assert "is_active" not in written["services"][0] and "level" not in written["schedules"][0]["layers"][0]


def test_the_order_of_members_and_methods_is_no_change() -> None:
    house, other = values(), values()
    other["teams"][0]["members"].reverse()
    other["users"][0]["contact_methods"].reverse()
    assert wanted(Catalogue.model_validate(house), Catalogue.model_validate(other)).changes == ()


def test_overrides_and_imported_calendars_stay() -> None:
    house = values()
    present = Catalogue.model_validate(house)
    override = {
        "id": "019a0000-0000-7000-8000-000000000042",
        "start": "2026-11-07T00:00:00Z",
        "end": "2026-11-08T00:00:00Z",
        "users": [ANA],
    }
    kept = type(present.schedules[0]).model_validate({**house["schedules"][0], "overrides": [override]})
    present = Catalogue(**{**{k: getattr(present, k) for k in Catalogue.model_fields}, "schedules": (kept,)})
    house["schedules"][0]["time_zone"] = "Europe/Rome"
    plan = wanted(present, Catalogue.model_validate(house))
    assert [change.name for change in plan.changes] == ["core"]
    assert plan.whole.schedules[0].overrides == kept.overrides


def _read(text: str) -> Any:
    """As the command line reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.yaml"
        path.write_text(text, encoding="utf-8")
        return read([str(path)]).values
