"""How a command ends when it does not end well, with the exit status that CONTRACT gives each way."""

from collections.abc import Mapping, Sequence
from typing import Any


class CommandError(Exception):
    """A command failed; the message is for stderr."""

    status = 1


class Refused(CommandError):
    """The product said no; the message is its reason."""

    errors: Sequence[Mapping[str, Any]] = ()
    """The fields that it named, each with `field` and `message`."""

    @classmethod
    def from_problem(cls, problem: Mapping[str, Any]) -> "Refused":
        """The refusal in a problem document (RFC 9457): its detail, and a line for each field."""
        lines = [str(problem.get("detail") or problem.get("title") or "refused without a reason")]
        for error in problem.get("errors") or ():
            lines.append(f"  {error.get('field')}: {error.get('message')}")
        refused = cls("\n".join(lines))
        refused.errors = tuple(problem.get("errors") or ())
        return refused


class WrongUsage(CommandError):
    """The command line or a setting is wrong."""

    status = 2


class Unreachable(CommandError):
    """The product cannot be reached."""

    status = 3
