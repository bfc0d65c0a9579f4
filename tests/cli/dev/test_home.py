"""Paths, lock and secrets of a home."""

import json
import os
import stat
from pathlib import Path

import pytest

from cli.dev.errors import StartError
from cli.dev.home import Home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_home_is_private_and_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "h").mkdir(mode=0o755)
    home = Home.at(Path("h"))
    assert home.root == tmp_path / "h"
    assert mode(home.root) == 0o700


def test_credentials_are_made_once_and_private(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    first = home.credentials()
    assert mode(home.credentials_file) == 0o600
    assert home.credentials() == first
    assert first.admin_token != first.admin_password != first.postgres_password


def test_operator_goes_first_and_does_not_replace_what_is_kept(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    kept = home.credentials()
    assert home.credentials(given={"admin_token": "mine", "admin_email": ""}).admin_token == "mine"
    assert home.credentials() == kept


def test_first_start_keeps_what_the_operator_chose(tmp_path: Path) -> None:
    Home.at(tmp_path).credentials(given={"admin_password": "chosen"})
    assert Home.at(tmp_path).credentials().admin_password == "chosen"


def test_broken_credentials_are_not_replaced(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.credentials_file.write_text("{")
    with pytest.raises(StartError, match=r"credentials\.json"):
        home.credentials()


def test_lock_names_its_holder_and_is_not_inherited(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with home.locked():
        with pytest.raises(StartError, match=str(os.getpid())), home.locked():
            pass
        held = [fd.name for fd in Path("/proc/self/fd").iterdir() if _points_to(fd, home.root / "lock")]
        assert held and not any(os.get_inheritable(int(fd)) for fd in held)
    with home.locked():
        pass


def _points_to(descriptor: Path, path: Path) -> bool:
    try:
        return descriptor.readlink() == path
    except FileNotFoundError:
        return False


def test_facts_are_private_and_go_away(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.publish({"token": "t", "temporal_ui_url": None})
    assert mode(home.embedded_file) == 0o600
    assert json.loads(home.embedded_file.read_text()) == {"token": "t"}
    home.unpublish()
    home.unpublish()
    assert not home.embedded_file.exists()
