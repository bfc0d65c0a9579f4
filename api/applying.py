"""Files of the catalogue, applied: checked as a whole, and written in one transaction or not at all."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.addresses import require_address
from api.catalogue.bodies import value_of
from api.catalogue.people import PEOPLE, require_rank
from api.container import Container
from api.problems import Problem
from db.access import Principal
from db.catalogue.entries import find, lock, uses
from db.catalogue.writing import remove, write
from domain.catalogue import KINDS, ONE, Catalogue, Fault, broken_references, name_of
from domain.changes import Change, Wanted, wanted

Error = dict[str, str]


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
    for place, user in enumerate(files.users):
        for number, method in enumerate(user.contact_methods):
            require_address(method.channel, method.address, f"users.{place}.contact_methods.{number}.address")
    return files


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
    known = set(broken_references(present))
    faults = [fault for fault in broken_references(plan.whole) if fault not in known]
    if faults:
        raise _refusal([_error(fault, files) for fault in faults])
    _check_people(caller, present, plan.whole)
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


def _check_people(caller: Principal, present: Catalogue, whole: Catalogue) -> None:
    """Roles are given and taken by those who have them; the last administrator stays one."""
    before, after = present.user_named, whole.user_named
    for email in dict.fromkeys([*before, *after]):
        old, new = before.get(email), after.get(email)
        if old is not new and old != new:
            for user in (old, new):
                if user is not None:
                    require_rank(caller, user)
    if _has_admin(present) and not _has_admin(whole):
        raise Problem(409, "This would leave no admin: keep one, or make another one first")


def _has_admin(catalogue: Catalogue) -> bool:
    return any(user.role == "admin" and user.is_active for user in catalogue.users)


async def _remove(session: AsyncSession, plan: Wanted) -> None:
    for kind, names in plan.to_remove.items():
        for name in names:
            row = await find(session, kind, name)
            by = await uses(session, kind, row) if row else []
            if by:
                what = f"{ONE[kind]} '{name}' is still named by {', '.join(by)}"
                raise Problem(409, f"{what}: keep it in the files, with is_active: false if nobody shall use it")
        await remove(session, kind, names)
