"""Arguments and options that several commands share."""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from domain.intake.lengths import seconds_of
from domain.severity import Severity

_SHORT_ID = re.compile(r"INC-[1-9]\d*", re.IGNORECASE)


def instant(text: str) -> str:
    """An RFC 3339 time in UTC; without a zone it is taken as UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time: write it as 2026-11-21T07:30:00Z") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def length(text: str) -> int:
    """The seconds of a length of time such as `2h` or `1d12h`."""
    try:
        return seconds_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from error


def severity(text: str) -> str:
    """A severity by its full name, or short as `SEV1` or `1`."""
    wanted = text.upper()
    for one in Severity:
        if wanted in {one.value, one.short, str(one.rank)}:
            return one.value
    raise typer.BadParameter(f"{text!r} is none of {', '.join(one.value for one in Severity)}")


def reference(text: str) -> str:
    """`INC-42`, or a UUID."""
    if _SHORT_ID.fullmatch(text):
        return text.upper()
    try:
        return str(UUID(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no incident: name it as INC-42 or by its id") from error


Ref = Annotated[str, typer.Argument(parser=reference, metavar="INC-42", help="The incident: INC-42 or its id.")]
Json = Annotated[bool, typer.Option("--json", help="Print what the API answered, as JSON.")]
Note = Annotated[str | None, typer.Option(help="A note for the timeline.")]
At = Annotated[str | None, typer.Option(parser=instant, metavar="TIME", help="An instant; now if left out.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help="An impacted scope, such as Security; repeatable.")]
SeverityOption = Annotated[str, typer.Option(parser=severity, metavar="SEVERITY", help="SEV1 to SEV4.")]
