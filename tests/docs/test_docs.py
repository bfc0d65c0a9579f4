"""The documentation is current, and what it points to exists."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from cli.app import app
from config.settings import Settings
from docs.configuration import TARGET, render

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def test_the_table_of_settings_is_current() -> None:
    assert TARGET.read_text() == render(), "run `make docs`"


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_variables_exist(page: Path) -> None:
    text = page.read_text()
    commands = set(getattr(get_command(app), "commands"))  # noqa: B009 - of a group, which Typer does not declare
    assert set(re.findall(r"`tocsin ([a-z][a-z-]*)", text)) <= commands
    settings = {f"TOCSIN_{name.upper()}" for name in Settings.model_fields}
    settings |= {"TOCSIN_DB_PASSWORD", "TOCSIN_FULL_STORM"}  # of the compose file, and of a test
    assert set(re.findall(r"TOCSIN_[A-Z_]*[A-Z]", text)) <= settings


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", page.read_text())) <= targets
