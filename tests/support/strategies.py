"""What Hypothesis makes up: directories, policies, climbs, commands."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from domain.channels import ChannelName
from domain.commands import Acknowledge, Clear, Command, Comment, Escalate, Merge, Mitigate, Repair, Resolve, Split
from domain.directory import Directory
from domain.escalation import Climb
from domain.policy import Manager, OnCall, Person, Policy, Step, Target, TeamChannel, Title
from domain.severity import Severity

PEOPLE = tuple(f"{name}@example.com" for name in ("ana", "bo", "cy", "dee", "fay"))
SCOPES = ("Legal", "PR", "Security")

people = st.sampled_from(PEOPLE)
channels = st.sampled_from(ChannelName)
severities = st.sampled_from(Severity)
scopes = st.sets(st.sampled_from(SCOPES))
instants = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC))

targets: st.SearchStrategy[Target] = st.one_of(
    st.builds(OnCall, channel=channels),
    st.builds(TeamChannel, channel=channels),
    st.builds(Manager, channel=channels),
    st.builds(Title, channel=channels, title=st.sampled_from(("CTO", "Engineering manager"))),
    st.builds(Person, channel=channels, email=people),
)

directories = st.builds(
    Directory,
    team=st.just("SRE Core"),
    team_channel=st.none() | st.just("#sre-core"),
    on_call=st.lists(people, max_size=2, unique=True).map(tuple),
    manager=st.none() | people,
    titles=st.dictionaries(st.just("CTO"), st.lists(people, max_size=2).map(tuple)),
    people=st.lists(people, unique=True).map(tuple),
    scope_emails=st.dictionaries(st.sampled_from(SCOPES), st.lists(people, max_size=2).map(tuple)),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A ladder of up to five rungs whose times never fall."""
    times = sorted(draw(st.lists(st.integers(0, 7200), min_size=1, max_size=5)))
    rungs = st.lists(targets, min_size=1, max_size=3).map(tuple)
    return Policy(
        name="made up",
        steps=tuple(Step(after_seconds=after, targets=draw(rungs)) for after in times),
        repeat_seconds=draw(st.integers(1, 7200)),
        max_rounds=draw(st.integers(1, 5)),
    )


climbs = st.builds(
    Climb,
    started_at=instants,
    generation=st.integers(1, 3),
    advance_seconds=st.floats(0, 10_000),
    time_scale=st.sampled_from((1.0, 7.0, 60.0, 3600.0)),
)

_common = {"id": st.uuids().map(str), "actor": st.sampled_from((*PEOPLE, "temporal", "slack"))}
_note = st.none() | st.just("because")

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Acknowledge, note=_note, **_common),
    st.builds(Mitigate, note=_note, **_common),
    st.builds(Resolve, resolution_note=_note, **_common),
    st.builds(Comment, text=st.just("a note"), **_common),
    st.builds(Escalate, note=_note, **_common),
    st.builds(Repair, **_common),
    st.builds(Merge, into=st.uuids(), into_short_id=st.just("INC-3"), note=_note, **_common),
    st.builds(Clear, as_of=instants, auto=st.booleans(), delay_seconds=st.floats(0, 10_000), note=_note, **_common),
    st.builds(
        Split, into=st.uuids(), into_short_id=st.just("INC-3"), alerts=st.integers(1, 100), at=instants, **_common
    ),
)
