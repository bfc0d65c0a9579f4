"""What the rules need to know of the organisation, as plain values."""

from pydantic import BaseModel, ConfigDict


class Directory(BaseModel):
    """Who answers for one service right now.

    People are named by their e-mail addresses, a team's channel by `#name`.
    """

    model_config = ConfigDict(frozen=True)

    team: str
    team_channel: str | None = None
    on_call: tuple[str, ...] = ()
    manager: str | None = None
    titles: dict[str, tuple[str, ...]] = {}
    """People by job title, for steps such as "the CTO"."""
    people: tuple[str, ...] = ()
    """Everybody who is active: a step may name only these."""
    scope_emails: dict[str, tuple[str, ...]] = {}
    """Addresses that each impact scope must be told at."""
