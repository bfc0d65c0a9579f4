"""Time-outs and retries, one set for each kind of activity. All of it is real time, in drills too."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import Priority, RetryPolicy


@dataclass(frozen=True)
class Limits:
    """How long one attempt may take, how long all of them, and how they follow one another."""

    attempt: timedelta
    retry: RetryPolicy
    altogether: timedelta | None = None
    heartbeat: timedelta | None = None
    """After so much silence the attempt's worker is taken to be dead, and another gets it."""


RECORD = Limits(
    attempt=timedelta(seconds=10),
    heartbeat=timedelta(seconds=4),
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5)),
)
"""Our own database: a record is never given up, for the row must come to equal the workflow."""

LOOK_UP = Limits(
    attempt=timedelta(seconds=3),
    altogether=timedelta(seconds=5),
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=1)),
)
"""Who is on call now; when the database does not say so in time, what was known last is used."""

PAGE = Limits(
    attempt=timedelta(seconds=15),
    altogether=timedelta(minutes=15),
    heartbeat=timedelta(seconds=4),
    retry=RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=["Refused"],
    ),
)
"""A page: soon and often, and on the timeline as failed when it is too late to be of use."""

PROVIDER = Limits(
    attempt=timedelta(seconds=90),
    altogether=timedelta(minutes=10),
    heartbeat=timedelta(seconds=6),
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=2),
        maximum_interval=timedelta(seconds=60),
        maximum_attempts=5,
        non_retryable_error_types=["Refused"],
    ),
)
"""Document and war room: nobody waits for them longer than the link grace."""

FIRST_PAGE = Priority(priority_key=1)
"""The first page of an incident goes before everything else that waits for a worker."""

PAGES = Priority(priority_key=2)
"""Then all the others."""

LATER = Priority(priority_key=4)
"""Records and documents: nobody is woken up by them."""

LEAST_GRACE = timedelta(seconds=1)
"""So long the first message waits for its links even when its alert was accepted long ago."""

DIRECTORY_AGE = timedelta(seconds=2)
"""An answer to "who is on call" is good for so long: for the steps of one instant."""

DIRECTORY_AGE_BEFORE = timedelta(seconds=30)
"""The same for workflows that began before a change of the catalogue had to hold at once."""

HOLD_LOOK = timedelta(seconds=30)
"""So often it is asked again who is on call while a ladder waits for somebody to be: an override may begin at once."""
HOLD_LOOK_BEFORE = timedelta(minutes=15)
"""The same for workflows that began before that had to be noticed soon."""

ALERTS_REMEMBERED = 200
"""So many instants at which alerts came are kept; when there are more, every second of the older half goes."""

DOCUMENT_REST = timedelta(seconds=5)
"""The document is brought up to the timeline at most this often."""

MESSAGES_PER_RUN = 1500
"""Commands and alert batches after which the workflow continues as new; the server refuses the 2,001st update."""

COMMANDS_REMEMBERED = 500
"""Ids of commands that are known to have acted, kept across continue-as-new."""

HEARTBEAT_TURNS_PER_RUN = 60
"""Pings and looks after which the workflow of a heartbeat continues as new: about 500 events."""

HEARTBEAT_LOOK = timedelta(hours=1)
"""So often at least a heartbeat's settings and pings are looked up: word of a change may have been lost."""

HEARTBEAT_MISSING_LOOKS = (timedelta(minutes=1), timedelta(minutes=10))
"""Least and most time between two looks for a missing heartbeat; between them it is the period."""
