"""The typed search attributes of an incident's workflow: one list for workers, `tocsin dev`, tests and compose."""

from temporalio.common import SearchAttributeKey

STATUS = SearchAttributeKey.for_keyword("IncidentStatus")
SEVERITY = SearchAttributeKey.for_keyword("IncidentSeverity")
SERVICE = SearchAttributeKey.for_keyword("IncidentService")
TEAM = SearchAttributeKey.for_keyword("IncidentTeam")

ALL = (STATUS, SEVERITY, SERVICE, TEAM)
