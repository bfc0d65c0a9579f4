"""The declaration of an incident by hand (REQUIREMENTS R-A-01 to R-A-06)."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from domain.alert import Alert
from domain.severity import Severity
from web.forms import Form

SOURCE = "web"
TITLE_SHORTEST, TITLE_LONGEST = 10, 500
DESCRIPTION_LONGEST = 10_000
SCALE_DEFAULT, SCALE_HIGHEST = 60, 3600


@dataclass(frozen=True)
class Declaration:
    """What the form said: filled in again when something is wrong with it."""

    title: str = ""
    description: str = ""
    service: str = ""
    severity: str = Severity.SEV3_MEDIUM.value
    scopes: tuple[str, ...] = ()
    drill: bool = False
    time_scale: str = str(SCALE_DEFAULT)

    def alert(self, lead: str) -> Alert:
        """The alert of a declaration that was checked."""
        return Alert(
            title=self.title,
            description=self.description,
            service_name=self.service,
            severity=Severity(self.severity),
            impacted_scopes=self.scopes,
            source=SOURCE,
            time_scale=float(self.time_scale) if self.drill else None,
            lead=lead,
        )

    def raw(self) -> str:
        """The form as JSON, as it is kept with the alert."""
        return json.dumps(
            {
                "title": self.title,
                "description": self.description,
                "service_name": self.service,
                "severity": self.severity,
                "impacted_scopes": self.scopes,
                "drill": {"time_scale": float(self.time_scale)} if self.drill else None,
            },
            ensure_ascii=False,
        )


def read_declaration(form: Form, services: Collection[str], scopes: Collection[str]) -> Declaration:
    """Check every field; what is wrong is noted in the form's errors."""
    title = form.text("title", longest=TITLE_LONGEST, shortest=TITLE_SHORTEST)
    description = form.text("description", longest=DESCRIPTION_LONGEST)
    service, severity = form.raw("service"), form.raw("severity")
    if service not in services:
        form.errors["service"] = "Choose a service of the list."
    if severity not in set(Severity):
        form.errors["severity"] = "Choose a severity of the list."
    ticked = tuple(dict.fromkeys(form.all("scopes")))
    if any(scope not in scopes for scope in ticked):
        form.errors["scopes"] = "One of these scopes does not exist any more."
    drill, scale = form.ticked("drill"), form.raw("time_scale").strip()
    if drill and not (scale.isascii() and scale.isdigit() and 1 <= int(scale[:9]) <= SCALE_HIGHEST):
        form.errors["time_scale"] = f"A whole number from 1 to {SCALE_HIGHEST}."
    return Declaration(title, description, service, severity, ticked, drill, scale)


def declared_text(number: int, severity: Severity, *, created: bool) -> str:
    """What the page says first: the incident exists, and what is on its way."""
    if not created:
        return f"INC-{number} was already open for this service: your report joined it."
    coming = "war room and document are" if severity.needs_war_room else "its document is"
    return f"INC-{number} exists; {coming} being generated."
