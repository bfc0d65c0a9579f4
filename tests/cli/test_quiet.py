"""`silence` and `maintenance`, against the running product."""

import json
from uuid import uuid4

import httpx
import pytest

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin


@pytest.mark.usefixtures("running")
def test_a_silence_is_added_listed_and_ended(tocsin: Tocsin, api: httpx.Client) -> None:
    mark = uuid4().hex
    added = tocsin("silence", "add", f'mark="{mark}"', 'service=~"sea.*"', "--for", "2h", "--reason", "An [index]")
    assert (added.exit_code, added.stderr) == (0, "")
    assert f'mark="{mark}", service=~"sea.*" is silent until' in added.stdout
    id = added.stdout.split()[-1]
    for arguments in (("silence",), ("silence", "list")):
        (line,) = [line for line in tocsin(*arguments).stdout.splitlines() if mark in line]
        assert line.startswith(id) and " active " in line and "An [index]" in line and "admin@example.com" in line
    found = api.get(f"/silences/{id}/").json()
    assert found["state"] == "active"
    assert found in json.loads(tocsin("silence", "--json").stdout)["items"]
    ended = tocsin("silence", "end", id)
    assert ended.exit_code == 0 and "not silent any more" in ended.stdout
    assert mark not in tocsin("silence").stdout and mark in tocsin("silence", "list", "--all").stdout
    assert tocsin("silence", "end", str(uuid4())).exit_code == 1


@pytest.mark.usefixtures("running")
def test_a_silence_that_begins_later(tocsin: Tocsin) -> None:
    arguments = ("silence", "add", "later=yes", "--for", "1d", "--reason", "x", "--from", "2099-01-01T00:00:00Z")
    made = json.loads(tocsin(*arguments, "--json").stdout)
    assert (made["state"], made["ends_at"]) == ("pending", "2099-01-02T00:00:00Z")
    tocsin("silence", "end", made["id"])


@pytest.mark.usefixtures("running")
def test_a_window_is_added_and_listed(tocsin: Tocsin, api: httpx.Client) -> None:
    """On 2094-03-28, 02:00 to 03:00 is skipped in Paris."""
    name = f"Upgrade {uuid4().hex[:8]}"
    times = ("--from", "2094-03-28T02:30", "--to", "2094-03-28T04:30", "--zone", "Europe/Paris")
    added = tocsin(
        "maintenance", "add", name, *times, "--service", "search", "--team", "SRE Core", "--repeat", "weekly"
    )
    assert added.stdout == f"{name}: next from 2094-03-28 01:00:00 UTC to 2094-03-28 02:30:00 UTC.\n"
    for arguments in (("maintenance",), ("maintenance", "list")):
        (line,) = [line for line in tocsin(*arguments).stdout.splitlines() if name in line]
        assert "search, SRE Core" in line and " weekly " in line and "2094-03-28 01:00:00 UTC" in line
    (found,) = [one for one in json.loads(tocsin("maintenance", "--json").stdout)["items"] if one["name"] == name]
    assert api.delete(f"/maintenance/{found['id']}/").status_code == 204


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    "arguments",
    [
        ("silence", "add", 'service=~".*"', "--for", "2h", "--reason", "x"),
        ("silence", "add", "nonsense", "--for", "2h", "--reason", "x"),
        ("maintenance", "add", "x", "--from", "2094-03-28T02:30", "--to", "2094-03-28T01:30", "--service", "search"),
        ("maintenance", "add", "x", "--from", "2094-03-28T02:30", "--to", "2094-03-28T03:30"),
        ("maintenance", "add", "x", "--from", "soon", "--to", "2094-03-28T03:30", "--service", "search"),
    ],
)
def test_a_refusal_is_status_1(tocsin: Tocsin, arguments: tuple[str, ...]) -> None:
    result = tocsin(*arguments)
    assert (result.exit_code, result.stdout) == (1, "") and result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("silence", "add", "a=b", "--reason", "x"),
        ("silence", "add", "a=b", "--for", "soon", "--reason", "x"),
        ("silence", "add", "a=b", "--for", "2h"),
        ("silence", "add", "--for", "2h", "--reason", "x"),
        ("silence", "end"),
        ("silence", "end", "first"),
        ("silence", "nonsense"),
        ("maintenance", "add", "x"),
        ("maintenance", "add", "x", "--from", "a", "--to", "b", "--repeat", "hourly"),
    ],
)
def test_wrong_usage_is_status_2_and_asks_nobody(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...]
) -> None:
    assert tocsin(*arguments).exit_code == 2
    assert product.requests == []
