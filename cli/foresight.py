"""`lint`, `replay`, `why`: is everybody covered, what if, and why."""

import re
from typing import Annotated, Any

import typer

from cli import options, render
from cli.catalogue import SECONDS, send
from cli.client import connect
from cli.errors import Refused, WrongUsage
from cli.yaml_files import Read, read


def lint(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE…]", help="Catalogue files, as if they were applied.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look ahead.")] = 90,
    within: Annotated[int, typer.Option(min=1, max=1440, help="How soon a person must be told, in minutes.")] = 15,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as faults.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="The files alone, not laid over what there is.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Without what the files leave out, as apply --prune.")] = False,
    json: options.Json = False,
) -> None:
    """Prove that every service reaches somebody, or name the gap; exit 1 when there is one."""
    if not files and (alone or prune):
        raise WrongUsage("--alone and --prune are about files: name some")
    found = read(files) if files else None
    with connect(SECONDS) as api:
        if found is None:
            answer = api.get("/lint/", days=days, within_minutes=within)
        else:
            body = {"alone": alone, "prune": prune, "days": days, "within_minutes": within}
            answer = send(api, "/lint/", found, body)
    if json:
        render.as_json(answer)
    else:
        _show(answer, found)
    if answer["faults"] or (strict and answer["warnings"]):
        raise typer.Exit(1)


def replay(
    policy: Annotated[str, typer.Option(metavar="FILE", help="A file with the policy, as the catalogue's have it.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 30,
    team: Annotated[str | None, typer.Option(help="Only the incidents of this team.")] = None,
    json: options.Json = False,
) -> None:
    """Try a policy on the past: how many pages, and how many at night, each person would have had.

    An incident climbs once, from its beginning: what came after it was reassigned, changed or given back is counted on
    neither side.
    """
    found = read([policy])
    policies = found.values.get("policies", [])
    if len(policies) != 1:
        raise Refused(f"{policy}: write one policy under policies:, there are {len(policies)}")
    with connect(SECONDS) as api:
        try:
            answer = api.post("/policies/replay/", {"policy": policies[0], "days": days, "team": team}).body
        except Refused as error:
            raise _in_policy(error, found) from error
    if json:
        render.as_json(answer)
        return
    render.say(f"{answer['incidents']} incidents of the last {days} days, by the policy {answer['policy']}:")
    rows = [
        (one["user"], *(_counts(one[when]) for when in ("before", "after")), _difference(one["difference"]))
        for one in answer["people"]
    ]
    render.table(("PERSON", "PAGES (AT NIGHT)", "WOULD BE", "DIFFERENCE"), rows)
    for name in answer["unreached"]:
        render.say(f"{name} would have paged nobody before it was over.")


def why(incident: options.Ref, json: options.Json = False) -> None:
    """Tell an incident's history: who was paged, when, by which rule, on whose schedule, and who was not."""
    with connect() as api:
        answer = api.get(f"/incidents/{incident}/why/")
    if json:
        render.as_json(answer)
        return
    for sentence in answer["items"]:
        render.say(f"{render.utc(sentence['at'])}  {sentence['text']}")


def _show(answer: Any, found: Read | None) -> None:
    for finding in answer["items"]:
        place = found.entry(finding["kind"], finding["name"], finding["field"]) if found else None
        where = f"{place}: {finding['where']}" if place else finding["where"]
        render.say(f"{finding['severity']}: {where}: {finding['message']} [{finding['code']}]")
    faults, warnings = answer["faults"], answer["warnings"]
    if not faults:
        render.say(f"Everybody is covered for the next {answer['days']} days.")
    render.say(f"{faults} fault{'s' * (faults != 1)}, {warnings} warning{'s' * (warnings != 1)}.")


def _in_policy(error: Refused, found: Read) -> Refused:
    """What is wrong with the policy by file and line, what is wrong with the rest by its option."""
    lines = []
    for fault in error.errors:
        name, _, field = str(fault.get("field")).partition(".")
        message = str(fault.get("message"))
        if name != "policy":
            lines.append(f"--{name}: {message}")
            continue
        quoted = re.search(r"'([^']*)'", message)
        place = found.place(f"policies.0.{field}", quoted.group(1) if quoted else None)
        lines.append(f"{place}: {field}: {message}" if field else f"{place}: {message}")
    return Refused("\n".join(lines)) if lines else error


def _counts(pages: Any) -> str:
    return f"{pages['pages']} ({pages['night_pages']})"


def _difference(pages: Any) -> str:
    return f"{pages['pages']:+d} ({pages['night_pages']:+d})"
