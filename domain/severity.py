"""The four severities, what each of them sets in motion, and the words that other tools have for them."""

from collections.abc import Mapping
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


_WORDS = {
    Severity.SEV1_CRITICAL: (
        "sev1_critical", "sev1", "critical", "crit", "fatal", "emergency", "alert", "error", "disaster", "p1", "1",
    ),
    Severity.SEV2_HIGH: ("sev2_high", "sev2", "high", "major", "warning", "warn", "p2", "2"),
    Severity.SEV3_MEDIUM: ("sev3_medium", "sev3", "medium", "average", "moderate", "minor", "info", "p3", "3"),
    Severity.SEV4_LOW: (
        "sev4_low", "sev4", "low", "information", "informational", "notice", "debug", "none", "p4", "p5", "4", "5",
    ),
}  # fmt: skip
DEFAULT_WORDS: dict[str, Severity] = {word: severity for severity, words in _WORDS.items() for word in words}
"""What a sender's own word means unless its source says otherwise (REQUIREMENTS R-A-29, X-04, X-29)."""


LEVELS = DEFAULT_WORDS | {"error": Severity.SEV3_MEDIUM, "warning": Severity.SEV3_MEDIUM}
"""What the levels of a program's log mean: `error` is the usual one, and says less than it does of an alert."""


def from_word(
    word: str | None,
    own: Mapping[str, Severity] | None = None,
    default: Severity = Severity.SEV3_MEDIUM,
    usual: Mapping[str, Severity] = DEFAULT_WORDS,
) -> Severity:
    """The severity that a sender's word means.

    Args:
        word: as it was sent, in any case; None when there was none.
        own: the source's own table, with words in lower case; it goes first.
        default: of an alert that carries no word, or one that nobody knows.
        usual: what words mean that are not in that table.
    """
    known = (word or "").strip().lower()
    return (own or {}).get(known) or usual.get(known) or default
