"""A team for what had none: every service of the catalogue belongs to one."""

from domain.catalogue import Team
from gateway.importers.imported import Report

HOUSE = "Imported from {}"


def house(vendor: str, report: Report) -> Team:
    """The team of those services, and a sentence about it."""
    name = HOUSE.format(vendor)
    report.leave_out(f"team “{name}”", "made for the services that belong to no team: give them to the right ones")
    return Team(name=name)
