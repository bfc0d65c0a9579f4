"""`export`, `diff`, `apply`, `import`: the catalogue as files."""

import json as json_of
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from pydantic import ValidationError

from cli import options, render
from cli.client import Api, connect
from cli.errors import Refused, WrongUsage
from cli.yaml_files import Read, read
from cli.yaml_text import as_yaml, kinds_as_yaml
from domain.catalogue import Catalogue
from domain.schedule.schedule import Override
from gateway.importers import goalert, grafana_oncall, opsgenie, pagerduty
from gateway.importers.imported import Imported, UnreadableDump

SECONDS = 120.0
"""A large catalogue takes its time."""

Files = Annotated[list[str], typer.Argument(metavar="FILE…", help="YAML files, folders of them, or - for stdin.")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Remove what the files leave out, of the kinds that they name at all.")
]
Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write; standard output if left out.")]


def export(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE|DIR", help="A file, or a folder for a file of each kind.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Write the catalogue as YAML: people, schedules, policies, teams, services, routes; no secrets."""
    with connect(SECONDS) as api:
        answer = api.get("/catalogue/")
    if json:
        render.as_json(answer)
        return
    catalogue = Catalogue.model_validate_json(json_of.dumps(answer))
    if output is None:
        print(as_yaml(catalogue), end="")
    elif output.is_dir() or not output.suffix:
        for kind, text in kinds_as_yaml(catalogue).items():
            _write(output / f"{kind}.yaml", text)
    else:
        _write(output, as_yaml(catalogue))


def diff(
    files: Files,
    prune: Prune = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 when something would change.")] = False,
    json: options.Json = False,
) -> None:
    """Show what `apply` would change, without changing anything."""
    found = read(files)
    with connect(SECONDS) as api:
        answer = send(api, "/catalogue/diff/", found, {"prune": prune})
    _show(answer, json=json, done="would be")
    if exit_code and answer["changes"]:
        raise typer.Exit(1)


def apply(
    files: Files,
    prune: Prune = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, and change nothing.")] = False,
    json: options.Json = False,
) -> None:
    """Make the catalogue what files say: all of it or nothing; again, and nothing changes."""
    found = read(files)
    with connect(SECONDS) as api:
        answer = send(api, "/catalogue/apply/", found, {"prune": prune, "dry_run": dry_run})
    _show(answer, json=json, done="would be" if dry_run else "")


class Tool(StrEnum):
    """Where a dump comes from."""

    GOALERT = "goalert"
    GRAFANA_ONCALL = "grafana-oncall"
    PAGERDUTY = "pagerduty"
    OPSGENIE = "opsgenie"


_READERS: dict[Tool, Callable[[Any], Imported]] = {
    Tool.GOALERT: goalert.read,
    Tool.GRAFANA_ONCALL: grafana_oncall.read,
    Tool.PAGERDUTY: pagerduty.read,
    Tool.OPSGENIE: opsgenie.read,
}


def import_(
    tool: Annotated[Tool, typer.Argument(help="Where the dump comes from.")],
    dump: Annotated[Path, typer.Argument(metavar="DUMP.json", help="What its API answered, as one JSON file.")],
    output: Output = None,
    overrides: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Where to write overrides, as requests to send after `apply`."),
    ] = None,
) -> None:
    """Turn the dump of another tool into catalogue files, and say what did not fit."""
    try:
        value = json_of.loads(dump.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise WrongUsage(f"{dump} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"{dump}: this is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(f"{dump}: a dump is a JSON object (docs/importing.md)")
    try:
        imported = _READERS[tool](value)
    except (UnreadableDump, ValidationError) as error:
        raise Refused(f"{dump}: {error}") from error
    text = as_yaml(imported.catalogue)
    if output is None:
        print(text, end="")
    else:
        _write(output, text)
        counts = ", ".join(f"{len(entries)} {kind}" for kind, entries in imported.catalogue if entries)
        render.complain(f"{output}: {counts or 'nothing'}.")
    found = [(schedule.name, one) for schedule in imported.catalogue.schedules for one in schedule.overrides]
    if overrides is not None:
        _write(overrides, json_of.dumps([_request(*one) for one in found], indent=2, ensure_ascii=False) + "\n")
        render.complain(f"{overrides}: {len(found)} overrides.")
    for sentence in [*imported.left_out, *(_told(*one) for one in found if overrides is None)]:
        render.complain(f"did not fit: {sentence}")


def _request(schedule: str, one: Override) -> dict[str, Any]:
    """What makes an override: overrides are no part of files."""
    body = one.model_dump(mode="json", exclude={"id", "created_by"}, exclude_none=True)
    return {"method": "POST", "path": f"/api/v1/schedules/{quote(schedule, safe='')}/overrides/", "body": body}


def _told(schedule: str, one: Override) -> str:
    who = ", ".join(one.users) or "nobody"
    instead = f" in the place of {one.replaces}" if one.replaces else ""
    span = f"from {one.start.isoformat()} to {one.end.isoformat()}"
    return (
        f"override of {schedule} ({one.kind} {who}{instead}, level {one.level}, {span}): files have none, "
        "--overrides writes it down to be sent."
    )


def send(api: Api, path: str, found: Read, body: dict[str, Any]) -> Any:
    """What the API says about files; its refusal names file and line.

    Raises:
        Refused: with a line for each fault.
    """
    try:
        return api.send("POST", path, json={"catalogue": found.values, **body}).body
    except Refused as error:
        raise _in_files(error, found) from error


def _in_files(error: Refused, found: Read) -> Refused:
    """A refusal whose fields are places in files."""
    if not error.errors:
        return error
    lines = []
    for fault in error.errors:
        field, message = str(fault.get("field")), str(fault.get("message"))
        field = field.removeprefix("catalogue.")
        quoted = re.search(r"'([^']+)'", message)
        where = found.place(field, quoted.group(1) if quoted else None)
        lines.append(f"{where}: {_named(found, field)}: {message}" if where else f"{field}: {message}")
    return Refused("\n".join(lines))


def _named(found: Read, field: str) -> str:
    """`services.3.team` is `services 'search', team`."""
    kind, _, rest = field.partition(".")
    number, _, path = rest.partition(".")
    entries = found.values.get(kind, [])
    entry = entries[int(number)] if number.isdecimal() and int(number) < len(entries) else None
    name = entry.get("email" if kind == "users" else "name") if isinstance(entry, dict) else None
    return f"{kind} '{name}', {path}" if name and path else f"{kind} '{name}'" if name else field


def _show(answer: Any, *, json: bool, done: str) -> None:
    if json:
        render.as_json(answer)
        return
    changes = answer["changes"]
    if not changes:
        render.say("Nothing changes." if not done else "Nothing would change.")
        return
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for change in changes:
        render.say(f"{signs[change['action']]} {change['kind']}/{change['name']}")
        for field in change["fields"]:
            render.say(f"    {field['field']}: {_short(field['old'])} → {_short(field['new'])}")
    counts = (f"{sum(c['action'] == action for c in changes)} {action}" for action in signs)
    render.say(f"{', '.join(counts)}{' if applied' if done else ''}.")


def _short(value: Any) -> str:
    return json_of.dumps(value, ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror}") from error
