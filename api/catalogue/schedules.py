"""Schedules as entries of the catalogue."""

from collections.abc import Iterable, Iterator

from api.catalogue.kind import Kind
from api.problems import Problem
from db.access import Principal
from domain.catalogue import Catalogue
from domain.schedule.schedule import Schedule


class Schedules(Kind[Schedule]):
    """`/schedules/`."""

    searched = ("name",)

    def check(self, caller: Principal, before: Schedule | None, after: Schedule | None, catalogue: Catalogue) -> None:
        """Whoever is new in it exists; what departs from it has doors of its own."""
        if after is None:
            return
        require_sound(after, catalogue, before.people if before else ())


def require_sound(schedule: Schedule, catalogue: Catalogue, known: Iterable[str] = ()) -> None:
    """See that a schedule may be kept.

    Args:
        schedule: as it was written.
        catalogue: all of it.
        known: people who were in it before, and need not exist any more.

    Raises:
        Problem: it names somebody or a team that there is not, or says what has doors of its own.
    """
    if schedule.overrides:
        raise Problem.of_field("overrides", "belong to POST /schedules/{id}/overrides/")
    for number, layer in enumerate(schedule.layers):
        if layer.spans:
            raise Problem.of_field(f"layers.{number}.spans", "come from PUT /schedules/{id}/calendars/{name}/")
    if schedule.team is not None and schedule.team not in catalogue.team_named:
        raise Problem.of_field("team", f"there is no team '{schedule.team}'")
    there = {*catalogue.user_named, *known}
    faults = [
        {"field": field, "message": f"there is no user '{address}'"}
        for field, address in _participants(schedule)
        if address not in there
    ]
    if faults:
        raise Problem(422, "; ".join(f"{one['field']}: {one['message']}" for one in faults[:10]), faults)


def _participants(schedule: Schedule) -> Iterator[tuple[str, str]]:
    """Everybody who is named, with the field that names them."""
    for i, layer in enumerate(schedule.layers):
        for j, rotation in enumerate(layer.rotations):
            for k, group in enumerate(rotation.participants):
                for n, address in enumerate(group):
                    yield f"layers.{i}.rotations.{j}.participants.{k}.{n}", address


SCHEDULES = Schedules("schedules", Schedule)
