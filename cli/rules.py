"""`rules`: listed, tried on an alert, and replayed over what was received."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
import yaml

from cli import options, render
from cli.client import connect
from cli.errors import WrongUsage
from domain.intake.verdict import Fate

rules = typer.Typer(invoke_without_command=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A rule as YAML or JSON, as POST /rules/ takes it.")]
REPLAY_SECONDS = 300.0
"""A replay over many alerts takes its time, and waits for those of others."""


@rules.callback()
def _rules(context: typer.Context, json: options.Json = False) -> None:
    """Rules: what the house knows about alerts that their senders do not. Without a command: list them."""
    if context.invoked_subcommand is None:
        list_rules(json=json)


@rules.command("list")
def list_rules(json: options.Json = False) -> None:
    """List rules in the order in which they are tried."""
    with connect() as api:
        found = list(api.items("/rules/"))
    if json:
        render.as_json({"items": found, "next_cursor": None})
        return
    render.table(
        ("POSITION", "NAME", "SOURCE", "STATE", "WHEN", "THEN", "SETS"),
        (
            (
                str(one["position"]),
                one["name"],
                one["source"] or "any",
                "active" if one["is_active"] else "off",
                one["when"],
                one["then"],
                _settings(one["set"]),
            )
            for one in found
        ),
    )


@rules.command("try")
def try_rule(
    file: File,
    alert: Annotated[UUID, typer.Option(metavar="ID", help="A recorded alert: `sources NAME` names them.")],
    json: options.Json = False,
) -> None:
    """Show what a rule would make of a recorded alert; nothing is saved."""
    rule = _read(file)
    with connect() as api:
        trial = api.post("/rules/try/", {"rule": rule, "alert": str(alert)}).body
    if json:
        render.as_json(trial)
        return
    render.say(_verdict(trial))
    before, after = trial["before"], trial["after"]
    names = ("action", "service", "severity", "title", "labels", "key", "window_seconds", "fate", "reasons")
    rows = [(name, _text(before[name]), _text(after[name])) for name in names]
    render.table(("", "WITHOUT", "WITH"), ((name, was, now if now != was else "=") for name, was, now in rows))


@rules.command("replay")
def replay_rule(
    file: File,
    days: Annotated[float, typer.Option(help="How far back.")] = 7,
    source: Annotated[str | None, typer.Option(help="Only alerts of this source.")] = None,
    json: options.Json = False,
) -> None:
    """Show what a rule would have changed over the alerts of the last days; nothing is saved."""
    rule = _read(file)
    with connect(seconds=REPLAY_SECONDS) as api:
        found = api.post("/rules/replay/", {"rule": rule, "days": days, "source": source}).body
    if json:
        render.as_json(found)
        return
    cut = ", the latest of more" if found["cut"] else ""
    render.say(f"{found['alerts']} alerts since {render.utc(found['since'])}{cut}; {found['changed']} would differ.")
    before, after = found["before"], found["after"]
    rows = [("incidents", before["incidents"], after["incidents"])]
    fates = [fate.value for fate in Fate if fate in before["fates"] or fate in after["fates"]]
    rows += [(f"alerts {fate}", before["fates"].get(fate, 0), after["fates"].get(fate, 0)) for fate in fates]
    render.table(
        ("", "WITHOUT", "WITH", "DIFFERENCE"),
        ((name, str(was), str(now), f"{now - was:+}" if now != was else "") for name, was, now in rows),
    )
    for change in found["changes"]:
        render.say(f"- {change['text']}")
    for problem, count in found["problems"].items():
        render.say(f"! {count} times: {problem}")


def _read(file: Path) -> dict[str, Any]:
    """The rule of a file.

    Raises:
        WrongUsage: it cannot be read, or holds none.
    """
    try:
        rule = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongUsage(f"{file} cannot be read: {error}") from error
    if not isinstance(rule, dict):
        raise WrongUsage(f"{file} holds no rule: it must be an object with 'when', 'then', 'set'")
    return rule


def _verdict(trial: Mapping[str, Any]) -> str:
    if trial["problem"]:
        return f"The rule does not apply: {trial['problem']}."
    if not trial["holds"]:
        return "The rule does not hold for this alert."
    return "The rule holds and decides." if trial["decides"] else "The rule holds, but another one goes first."


def _settings(chosen: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in chosen.items())


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case dict():
            return ", ".join(f"{name}={_text(one)}" for name, one in value.items())
        case list():
            return "; ".join(_text(one) for one in value)
        case _:
            return str(value)
