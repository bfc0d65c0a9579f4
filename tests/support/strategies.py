"""What Hypothesis makes up: directories, policies, climbs, commands."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from domain.channels import ChannelName
from domain.climb import Climb, Situation
from domain.commands import (
    Acknowledge,
    Amend,
    AnswerCall,
    Clear,
    Command,
    Comment,
    Escalate,
    GiveRole,
    Merge,
    Mitigate,
    PagePeople,
    Reassign,
    Repair,
    Resolve,
    Snooze,
    Split,
    Unacknowledge,
    UsePolicy,
)
from domain.condition import AlertsWithin, Condition, Facts, WallHours
from domain.directory import Directory, Duty
from domain.person import Absence, ContactMethod, PersonalRule, QuietHours, Reach
from domain.policy import (
    AssignRole,
    Manager,
    OnCall,
    OpenWarRoom,
    Persist,
    Person,
    Policy,
    ResolveIt,
    Rung,
    Step,
    Target,
    TeamChannel,
    Title,
    WaitUntilCovered,
    WorkingHours,
)
from domain.severity import Severity
from domain.target import ChatChannel, EMails, Lead, NextOnCall, People, TeamMembers, WebhookCall

PEOPLE = tuple(f"{name}@example.com" for name in ("ana", "bo", "cy", "dee", "fay"))
SCOPES = ("Legal", "PR", "Security")
SCHEDULES = ("core", "backup")
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Europe/Paris", "America/Chicago", "Asia/Kolkata")

people = st.sampled_from(PEOPLE)
some_people = st.lists(people, min_size=1, max_size=4, unique=True).map(tuple)
channels = st.sampled_from(ChannelName)
severities = st.sampled_from(Severity)
scopes = st.sets(st.sampled_from(SCOPES))
instants = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC))
picks = st.sampled_from(("all", "round_robin", "least_paged"))
schedules = st.none() | st.sampled_from(SCHEDULES)

plain_targets: st.SearchStrategy[Target] = st.one_of(
    st.builds(OnCall, channel=channels),
    st.builds(TeamChannel, channel=channels),
    st.builds(Manager, channel=channels),
    st.builds(Title, channel=channels, title=st.sampled_from(("CTO", "Engineering manager"))),
    st.builds(Person, channel=channels, email=people),
)
"""Those who are the same at every instant."""

targets: st.SearchStrategy[Target] = st.one_of(
    plain_targets,
    st.builds(OnCall, channel=st.none() | channels, schedule=schedules, level=st.integers(1, 2)),
    st.builds(NextOnCall, channel=st.none() | channels, schedule=schedules, level=st.integers(1, 2)),
    st.builds(TeamMembers, channel=st.none() | channels, pick=picks),
    st.builds(People, channel=st.none() | channels, emails=some_people, pick=picks),
    st.builds(Lead, channel=st.none() | channels),
    st.builds(ChatChannel, name=st.just("#critical")),
    st.builds(EMails, addresses=some_people),
    st.builds(WebhookCall, url=st.just("https://example.com/hook")),
)

hours = st.builds(
    WallHours,
    weekdays=st.lists(st.sampled_from(("mon", "wed", "sat", "sun")), min_size=1, unique=True).map(tuple),
    from_=st.sampled_from(("00:00", "09:00", "22:00")),
    until=st.sampled_from(("06:00", "17:00", "24:00")),
    of_person=st.booleans(),
)

conditions: st.SearchStrategy[Condition] = st.just(Condition()) | st.builds(
    Condition,
    severities=st.lists(severities, max_size=2, unique=True).map(tuple),
    labels=st.sampled_from(({}, {"env": "prod"})),
    hours=st.none() | hours,
    outside_hours=st.none() | hours,
    alerts=st.none() | st.just(AlertsWithin(count=2, within_seconds=3600)),
    nobody_on_call=st.none() | st.booleans(),
)

reaches = st.builds(
    Reach,
    time_zone=st.sampled_from(ZONES),
    contact_methods=st.lists(
        st.builds(ContactMethod, channel=channels, address=st.just("x"), verified=st.booleans()), max_size=3
    ).map(tuple),
    notification_rules=st.lists(
        st.builds(
            PersonalRule,
            urgency=st.sampled_from(("high", "low")),
            after_seconds=st.sampled_from((0, 60, 300)),
            channel=channels,
        ),
        max_size=4,
    ).map(tuple),
    quiet_hours=st.lists(
        st.builds(QuietHours, from_=st.just("22:00"), until=st.just("07:00"), severities=st.just(tuple(Severity))),
        max_size=1,
    ).map(tuple),
    days_away=st.lists(
        instants.map(lambda start: Absence(start=start, end=start + timedelta(days=60))), max_size=1
    ).map(tuple),
)


@st.composite
def duties(draw: st.DrawFn) -> tuple[Duty, ...]:
    """Shifts of one schedule over the whole year, with gaps."""
    starts = sorted(draw(st.lists(instants, max_size=6, unique=True)))
    return tuple(
        Duty(
            start=start,
            end=start + timedelta(days=draw(st.integers(1, 200))),
            level=draw(st.integers(1, 2)),
            users=draw(some_people),
        )
        for start in starts
    )


_plain_directory = {
    "team": st.just("SRE Core"),
    "team_channel": st.none() | st.just("#sre-core"),
    "on_call": st.lists(people, max_size=2, unique=True).map(tuple),
    "manager": st.none() | people,
    "titles": st.dictionaries(st.just("CTO"), st.lists(people, max_size=2).map(tuple)),
    "people": st.lists(people, unique=True).map(tuple),
    "scope_emails": st.dictionaries(st.sampled_from(SCOPES), st.lists(people, max_size=2).map(tuple)),
}
plain_directories = st.builds(Directory, **_plain_directory)
"""The same at every instant."""

directories = st.builds(
    Directory,
    **_plain_directory,
    members=st.lists(people, max_size=4, unique=True).map(tuple),
    schedule=schedules,
    time_zone=st.sampled_from(ZONES),
    duties=st.dictionaries(st.sampled_from(SCHEDULES), duties()),
    reach=st.dictionaries(people, reaches),
    owner=st.none() | people,
    last_paged=st.dictionaries(people, instants),
)


def _rungs(after: int, *, plain: bool) -> st.SearchStrategy[Rung]:
    some = st.lists(plain_targets if plain else targets, min_size=1, max_size=3).map(tuple)
    if plain:
        return st.builds(Step, after_seconds=st.just(after), targets=some)
    common = {"after_seconds": st.just(after), "when": conditions}
    return st.one_of(
        st.builds(Step, targets=some, **common),
        st.builds(Step, targets=some, **common),
        st.builds(WaitUntilCovered, schedule=schedules, at_most_seconds=st.integers(1, 86_400), **common),
        st.builds(OpenWarRoom, **common),
        st.builds(AssignRole, role=st.just("incident commander"), to=targets, **common),
        st.builds(ResolveIt, **common),
    )


@st.composite
def policies(draw: st.DrawFn, *, plain: bool = False) -> Policy:
    """A ladder of up to five rungs whose times never fall; a plain one tells the same people whenever it is."""
    times = sorted(draw(st.lists(st.integers(0, 7200), min_size=1, max_size=5)))
    kept = Policy(
        name="made up",
        steps=tuple(draw(_rungs(after, plain=plain)) for after in times),
        repeat_seconds=draw(st.integers(1, 7200)),
        max_rounds=draw(st.integers(1, 5)),
    )
    if plain:
        return kept
    some = st.lists(targets, min_size=1, max_size=2).map(tuple)
    more = {
        "repeat": draw(st.sampled_from(("last", "all"))),
        "acknowledgements": draw(st.integers(1, 3)),
        "acknowledgement_timeout_seconds": draw(st.none() | st.integers(1, 86_400)),
        "persist": tuple(
            draw(st.lists(st.builds(Persist, after_seconds=st.integers(1, 86_400), targets=some), max_size=2))
        ),
        "working_hours": draw(st.none() | st.just(WorkingHours(weekdays=("mon", "fri"), from_="09:00", until="17:00"))),
    }
    return Policy.model_validate(kept.model_dump() | more)


climbs = st.builds(
    Climb,
    started_at=instants,
    generation=st.integers(1, 3),
    advance_seconds=st.floats(0, 10_000),
    time_scale=st.sampled_from((1.0, 7.0, 60.0, 3600.0)),
)


@st.composite
def situations(draw: st.DrawFn, *, plain: bool = False) -> Situation:
    """An incident, its policy, its organisation and how far it is; a plain one tells the same whenever it is."""
    facts = Facts(
        severity=draw(severities),
        scopes=tuple(sorted(draw(scopes))),
        labels=draw(st.sampled_from(({}, {"env": "prod"}))),
        lead=draw(st.none() | people),
    )
    if plain:
        return Situation(draw(policies(plain=True)), facts, draw(plain_directories), draw(climbs))
    climb = draw(climbs).model_copy(update={"first_to": draw(st.none() | people)})
    said = {"acknowledged": tuple(sorted(draw(st.sets(people, max_size=2)))), "alerts": ((climb.started_at, 1),)}
    return Situation(draw(policies()), facts.model_copy(update=said), draw(directories), climb)


_common = {"id": st.uuids().map(str), "actor": st.sampled_from((*PEOPLE, "temporal", "slack"))}
_note = st.none() | st.just("because")

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Acknowledge, note=_note, **_common),
    st.builds(Mitigate, note=_note, **_common),
    st.builds(Resolve, resolution_note=_note, **_common),
    st.builds(Comment, text=st.just("a note"), **_common),
    st.builds(Escalate, note=_note, **_common),
    st.builds(Repair, **_common),
    st.builds(Unacknowledge, note=_note, **_common),
    st.builds(Snooze, until=instants, note=_note, **_common),
    st.builds(Reassign, to=people, note=_note, **_common),
    st.builds(Reassign, to=st.just("Another team"), team_id=st.uuids(), **_common),
    st.builds(Amend, severity=st.none() | severities, title=_note, lead=st.none() | people, **_common),
    st.builds(Amend, impacted_scopes=scopes.map(sorted).map(tuple), **_common),
    st.builds(PagePeople, people=some_people, note=_note, **_common),
    st.builds(AnswerCall, accepted=st.booleans(), note=_note, **_common),
    st.builds(GiveRole, role=st.just("incident commander"), person=st.none() | people, **_common),
    st.builds(UsePolicy, policy=policies(), **_common),
    st.builds(Merge, into=st.uuids(), into_short_id=st.just("INC-3"), note=_note, **_common),
    st.builds(Clear, as_of=instants, auto=st.booleans(), delay_seconds=st.floats(0, 10_000), note=_note, **_common),
    st.builds(
        Split, into=st.uuids(), into_short_id=st.just("INC-3"), alerts=st.integers(1, 100), at=instants, **_common
    ),
)
