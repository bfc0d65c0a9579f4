"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    check: str
    ok: bool
    found: str
    advice: str | None = None
    """What to do about it; None when it is well."""
