"""Lengths of time as people type them."""

import pytest

from domain.intake.lengths import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45),
        ("30m", 1800),
        ("30 min", 1800),
        ("2h", 7200),
        ("1d12h", 129_600),
        (" 1H 30M ", 5400),
        ("1w", 604_800),
    ],
)
def test_read(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "soon", "2 years", "-2h", "²h", "1.5h", "2h and more", "9" * 20 + "h"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="length of time"):
        seconds_of(text)
