"""Sources: their settings, and what the words of senders mean."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.intake.source import Correlation, Preset, Source, SourceSettings
from domain.severity import DEFAULT_WORDS, LEVELS, Severity, from_word


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        ("critical CRITICAL crit fatal emergency alert error disaster P1 1 SEV1 SEV1_CRITICAL", "SEV1_CRITICAL"),
        ("high major warning warn p2 2 sev2_high", "SEV2_HIGH"),
        ("medium average moderate minor info p3 3 SEV3", "SEV3_MEDIUM"),
        ("low information informational notice debug none p4 p5 4 5", "SEV4_LOW"),
        ("banana sev9 ² critical! 0 6", "SEV3_MEDIUM"),
    ],
)
def test_words_of_severity(words: str, severity: str) -> None:
    for word in words.split():
        assert from_word(word) == from_word(f"  {word.title()} ") == severity


@pytest.mark.parametrize("word", [None, "", "  "])
def test_no_word_is_the_default(word: str | None) -> None:
    assert from_word(word) == "SEV3_MEDIUM"
    assert from_word(word, None, Severity.SEV1_CRITICAL) == "SEV1_CRITICAL"


def test_a_sources_own_words_go_first() -> None:
    settings = SourceSettings.model_validate({"severity_map": {" Warning ": "SEV4_LOW", "RED": "SEV1_CRITICAL"}})
    assert [from_word(word, settings.severity_map) for word in ("WARNING", "red", "high", "?")] == [
        "SEV4_LOW",
        "SEV1_CRITICAL",
        "SEV2_HIGH",
        "SEV3_MEDIUM",
    ]


@pytest.mark.parametrize(
    ("level", "severity"),
    [("fatal", "SEV1_CRITICAL"), ("ERROR", "SEV3_MEDIUM"), ("warning", "SEV3_MEDIUM"), ("debug", "SEV4_LOW")],
)
def test_levels_of_a_log_say_less_than_severities(level: str, severity: str) -> None:
    assert from_word(level, usual=LEVELS) == severity
    assert from_word(level, {level.lower(): Severity.SEV2_HIGH}, usual=LEVELS) == "SEV2_HIGH", "a source's own word"


@given(st.text(), st.sampled_from(Severity))
def test_any_word_means_something(word: str, default: Severity) -> None:
    known = DEFAULT_WORDS.get(word.strip().lower())
    assert from_word(word, {}, default) is (known or default)


@pytest.mark.parametrize(
    "fields",
    [
        {"correlation": {"preset": "labels"}},
        {"correlation": {"preset": "service", "labels": ["a"]}},
        {"correlation": {"preset": "labels", "labels": [""]}},
        {"correlation": {"preset": "labels", "labels": ["a\x00"]}},
        {"correlation": {"window_seconds": 0}},
        {"correlation": {"preset": "nonsense"}},
        {"threshold": {"count": 1, "seconds": 60}},
        {"threshold": {"count": 5}},
        {"flapping": {"changes": 1}},
        {"resolve_delay_seconds": -1},
        {"reopen_seconds": 604_801},
        {"severity_map": {"x": "terrible"}},
        {"severity_map": {"": "SEV1_CRITICAL"}},
        {"service_name": ""},
        {"service_name": "a\nb"},
        {"rate_limit": 0},
        {"heartbeat_seconds": 0},
        {"nonsense": 1},
    ],
)
def test_what_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SourceSettings.model_validate(fields)


def test_settings_are_stored_and_read_again() -> None:
    settings = SourceSettings(
        correlation=Correlation(preset=Preset.LABELS, labels=("a", "b"), window_seconds=60),
        severity_map={"red": Severity.SEV1_CRITICAL},
        flapping=None,
    )
    stored = settings.model_dump(mode="json", exclude_defaults=True)
    assert SourceSettings.model_validate(stored) == settings
    assert SourceSettings.model_validate({}) == SourceSettings()


def test_scopes() -> None:
    assert Source(name="a", kind="generic").scope == ""
    assert Source(id=UUID(int=1), name="a", kind="generic").scope == f"source:{UUID(int=1)}:"
    assert "secret" not in repr(Source(name="a", kind="generic", secret=b"hidden"))
