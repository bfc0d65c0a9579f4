"""Schedules as entries of the catalogue."""

from api.catalogue.kind import Kind
from api.problems import Problem
from db.access import Principal
from domain.catalogue import Catalogue
from domain.schedule.schedule import Schedule


class Schedules(Kind[Schedule]):
    """`/schedules/`."""

    searched = ("name",)

    def check(self, caller: Principal, before: Schedule | None, after: Schedule | None, catalogue: Catalogue) -> None:
        """What departs from it has doors of its own: a change keeps it, and brings none."""
        if after is None:
            return
        if after.overrides and (before is None or after.overrides != before.overrides):
            raise Problem.of_field("overrides", "belong to POST /schedules/{id}/overrides/")
        kept = {layer.calendar: layer.spans for layer in before.layers} if before else {}
        for number, layer in enumerate(after.layers):
            if layer.spans and layer.spans != kept.get(layer.calendar):
                raise Problem.of_field(f"layers.{number}.spans", "come from PUT /schedules/{id}/calendars/{name}/")


SCHEDULES = Schedules("schedules", Schedule)
