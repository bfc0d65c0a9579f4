"""The four severities and what each of them sets in motion."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is; SEV1 is the worst."""

    SEV1_CRITICAL = "SEV1_CRITICAL"
    SEV2_HIGH = "SEV2_HIGH"
    SEV3_MEDIUM = "SEV3_MEDIUM"
    SEV4_LOW = "SEV4_LOW"

    @property
    def rank(self) -> int:
        """1 for SEV1 … 4 for SEV4: lower goes first."""
        return int(self.value[3])

    @property
    def short(self) -> str:
        """`SEV1` … `SEV4`, as people say it."""
        return self.value[:4]

    @property
    def climbs(self) -> bool:
        """SEV1 and SEV2 page people and climb the escalation ladder by themselves."""
        return self.rank <= 2

    @property
    def needs_war_room(self) -> bool:
        """SEV1 and SEV2 get a war room; every severity gets a document."""
        return self.rank <= 2
