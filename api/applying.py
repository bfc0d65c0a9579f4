"""Files of the catalogue, applied: checked as a whole, and written in one transaction or not at all."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.bodies import value_of
from api.catalogue.editing import require_no_loss
from api.catalogue.kind import Kind
from api.catalogue.kinds import POLICIES, ROUTES, SCOPES, SERVICES, TEAMS
from api.catalogue.people import PEOPLE, with_addresses
from api.catalogue.schedules import SCHEDULES
from api.container import Container
from api.problems import Problem
from db.access import Principal
from db.catalogue.entries import find, lock, uses
from db.catalogue.writing import remove, write
from domain.catalogue import KINDS, ONE, Catalogue, Fault, name_of, new_faults
from domain.changes import Change, Wanted, wanted

Error = dict[str, str]

OF_KIND: Mapping[str, Kind[Any]] = {
    kind.name: kind for kind in (PEOPLE, SCOPES, POLICIES, SCHEDULES, TEAMS, SERVICES, ROUTES)
}
"""The rules of each kind, the same ones that single changes by REST follow."""


def read_files(body: Mapping[str, Any]) -> Catalogue:
    """The catalogue of some files, as JSON.

    Raises:
        Problem: 422 naming the fields, such as `services.3.team`.
    """
    files = value_of(Catalogue, body, "catalogue")
    for place, schedule in enumerate(files.schedules):
        if "overrides" in schedule.model_fields_set:
            text = "are no part of files: they are made day by day, by POST /schedules/{id}/overrides/"
            raise Problem.of_field(f"schedules.{place}.overrides", text)
        for number, layer in enumerate(schedule.layers):
            if "spans" in layer.model_fields_set:
                text = "are no part of files: they come of the imported calendar"
                raise Problem.of_field(f"schedules.{place}.layers.{number}.spans", text)
    users = [with_addresses(user, f"users.{place}.contact_methods") for place, user in enumerate(files.users)]
    return files.model_copy(update={"users": tuple(users)}) if users else files


async def what_would_change(parts: Container, caller: Principal, files: Catalogue, *, prune: bool) -> Wanted:
    """What applying files would do.

    Raises:
        Problem: 403 or 422, as applying them would.
    """
    async with parts.sessions() as session:
        present = await parts.catalogue.read(session)
    return _checked(caller, present, files, prune=prune)


async def apply(parts: Container, caller: Principal, files: Catalogue, *, prune: bool) -> tuple[Change, ...]:
    """Make the catalogue what the files say; what is as they say is not touched.

    Raises:
        Problem: 403, 409 or 422, and nothing was changed.
    """
    async with parts.sessions.begin() as session:
        await lock(session)
        plan = _checked(caller, await parts.catalogue.read(session), files, prune=prune)
        if not plan.changes:
            return ()
        try:
            await write(session, plan.to_write)
            await _remove(session, plan)
            await session.flush()
        except IntegrityError as error:
            raise Problem(409, "Something that has happened, or another entry, does not allow this change") from error
    parts.intake.forget()
    PEOPLE.changed(parts)
    return plan.changes


def _checked(caller: Principal, present: Catalogue, files: Catalogue, *, prune: bool) -> Wanted:
    errors = [*_twice(files), *_alike(files, present)]
    if errors:
        raise _refusal(errors)
    plan = wanted(present, files, prune=prune, keep=[caller.email])
    if faults := new_faults(present, plan.whole):
        raise _refusal([_error(fault, files) for fault in faults])
    _check_each(caller, present, files, plan)
    require_no_loss(present, plan.whole)
    return plan


def _twice(files: Catalogue) -> Iterator[Error]:
    for kind in KINDS:
        seen: dict[str, int] = {}
        for place, entry in enumerate(getattr(files, kind)):
            name = name_of(entry)
            if name in seen:
                key = "email" if kind == "users" else "name"
                yield {"field": f"{kind}.{place}.{key}", "message": f"'{name}' is there twice: once is enough"}
            seen[name] = place


def _alike(files: Catalogue, present: Catalogue) -> Iterator[Error]:
    """Names that are different and yet the same: addresses in another case, teams whose addresses are one."""
    known = {user.email.casefold(): user.email for user in [*files.users, *present.users]}
    for place, user in enumerate(files.users):
        other = known[user.email.casefold()]
        if other != user.email:
            yield {"field": f"users.{place}.email", "message": f"there is a user '{other}' already"}
    slugs = {team.slug: team.name for team in [*files.teams, *present.teams]}
    for place, team in enumerate(files.teams):
        if slugs[team.slug] != team.name:
            text = f"is too much like '{slugs[team.slug]}', another team"
            yield {"field": f"teams.{place}.name", "message": text}


def _error(fault: Fault, files: Catalogue) -> Error:
    """A fault in terms of the files; of an entry that they do not have, by its name."""
    names = list(files.entries(fault.kind))
    place = str(names.index(fault.name)) if fault.name in names else fault.name
    return {"field": f"{fault.kind}.{place}.{fault.field}", "message": fault.message}


def _refusal(errors: list[Error]) -> Problem:
    return Problem(422, "; ".join(f"{error['field']}: {error['message']}" for error in errors[:10]), errors)


def _check_each(caller: Principal, present: Catalogue, files: Catalogue, plan: Wanted) -> None:
    """What REST would refuse of a single entry is refused here as well."""
    before = {name: present.entries(name) for name in KINDS}
    after = {name: plan.whole.entries(name) for name in KINDS}
    places = {name: {key: place for place, key in enumerate(files.entries(name))} for name in KINDS}
    for change in plan.changes:
        old, new = before[change.kind].get(change.name), after[change.kind].get(change.name)
        try:
            OF_KIND[change.kind].check(caller, old, new, present)
        except Problem as problem:
            entry = f"{change.kind}.{places[change.kind].get(change.name, change.name)}"
            errors = [{**error, "field": f"{entry}.{error['field']}"} for error in problem.errors]
            raise Problem(problem.status, f"{entry}: {problem.detail}", errors) from problem


async def _remove(session: AsyncSession, plan: Wanted) -> None:
    for kind, names in plan.to_remove.items():
        for name in names:
            row = await find(session, kind, name, by_name=True)
            by = await uses(session, kind, row) if row else []
            if by:
                what = f"{ONE[kind]} '{name}' is still named by {', '.join(by)}"
                raise Problem(409, f"{what}: keep it in the files, with is_active: false if nobody shall use it")
        await remove(session, kind, names)
