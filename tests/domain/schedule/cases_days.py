"""Rotations by hours and days. The clock changes are told in case.py."""

from tests.domain.schedule.build import CHICAGO, KOLKATA, LORD_HOWE, PARIS, rotation, schedule
from tests.domain.schedule.case import Case

DAILY = [
    Case(
        # 09:00 is 08:00 UTC in winter.
        "daily, nothing special",
        schedule(PARIS, rotation("daily", "2026-01-05T09:00+01:00", "ana bo")),
        "2026-01-05 08:00 > 2026-01-07 08:00",
        ["01-05 08:00 > 01-06 08:00 ana", "01-06 08:00 > 01-07 08:00 bo"],
    ),
    Case(
        # Midnight in California is 09:00 in Paris: the offset it is written with is not the schedule's.
        "daily, the start written in another zone",
        schedule(PARIS, rotation("daily", "2026-01-05T00:00-08:00", "ana bo")),
        "2026-03-28 08:00 > 2026-03-29 12:00",
        ["03-28 08:00 > 03-29 07:00 ana", "03-29 07:00 > 03-29 12:00 bo"],
    ),
    Case(
        # 28 March is 82 days after 5 January: ana's. Her day has 23 hours.
        "daily, Paris springs forward",
        schedule(PARIS, rotation("daily", "2026-01-05T09:00+01:00", "ana bo")),
        "2026-03-28 08:00 > 2026-03-31 07:00",
        ["03-28 08:00 > 03-29 07:00 ana", "03-29 07:00 > 03-30 07:00 bo", "03-30 07:00 > 03-31 07:00 ana"],
    ),
    Case(
        # 24 October is 292 days after 5 January: ana's. Her day has 25 hours.
        "daily, Paris falls back",
        schedule(PARIS, rotation("daily", "2026-01-05T09:00+01:00", "ana bo")),
        "2026-10-24 07:00 > 2026-10-26 08:00",
        ["10-24 07:00 > 10-25 08:00 ana", "10-25 08:00 > 10-26 08:00 bo"],
    ),
    Case(
        # 02:30 is skipped on the 29th: cy comes at the change, 01:00 UTC. The day after, 02:30 is 00:30 UTC.
        "daily, the hand-off is skipped in Paris",
        schedule(PARIS, rotation("daily", "2026-03-27T02:30+01:00", "ana bo cy")),
        "2026-03-27 01:30 > 2026-03-31 00:30",
        [
            "03-27 01:30 > 03-28 01:30 ana",
            "03-28 01:30 > 03-29 01:00 bo",
            "03-29 01:00 > 03-30 00:30 cy",
            "03-30 00:30 > 03-31 00:30 ana",
        ],
    ),
    Case(
        # 02:30 comes twice on the 25th; bo begins at the first, in summer time, and has 25 hours.
        "daily, the hand-off is repeated in Paris",
        schedule(PARIS, rotation("daily", "2026-10-24T02:30+02:00", "ana bo cy")),
        "2026-10-24 00:30 > 2026-10-27 01:30",
        ["10-24 00:30 > 10-25 00:30 ana", "10-25 00:30 > 10-26 01:30 bo", "10-26 01:30 > 10-27 01:30 cy"],
    ),
    Case(
        # 02:00 is the first time that is skipped: the first instant after it is the change itself.
        "daily, the hand-off at the beginning of the skipped hour",
        schedule(PARIS, rotation("daily", "2026-03-28T02:00+01:00", "ana bo cy")),
        "2026-03-28 01:00 > 2026-03-31 00:00",
        ["03-28 01:00 > 03-29 01:00 ana", "03-29 01:00 > 03-30 00:00 bo", "03-30 00:00 > 03-31 00:00 cy"],
    ),
    Case(
        # 03:00 is the first time that is not skipped: the change again.
        "daily, the hand-off at the end of the skipped hour",
        schedule(PARIS, rotation("daily", "2026-03-28T03:00+01:00", "ana bo cy")),
        "2026-03-28 02:00 > 2026-03-31 01:00",
        ["03-28 02:00 > 03-29 01:00 ana", "03-29 01:00 > 03-30 01:00 bo", "03-30 01:00 > 03-31 01:00 cy"],
    ),
    Case(
        # 02:00 is shown at 00:00 UTC and again at the change, an hour later.
        "daily, the hand-off at the beginning of the repeated hour",
        schedule(PARIS, rotation("daily", "2026-10-24T02:00+02:00", "ana bo cy")),
        "2026-10-24 00:00 > 2026-10-27 01:00",
        ["10-24 00:00 > 10-25 00:00 ana", "10-25 00:00 > 10-26 01:00 bo", "10-26 01:00 > 10-27 01:00 cy"],
    ),
    Case(
        # At the change clocks show 02:00 instead of 03:00: 03:00 is shown once, at 02:00 UTC.
        "daily, the hand-off at the end of the repeated hour",
        schedule(PARIS, rotation("daily", "2026-10-24T03:00+02:00", "ana bo cy")),
        "2026-10-24 01:00 > 2026-10-27 02:00",
        ["10-24 01:00 > 10-25 02:00 ana", "10-25 02:00 > 10-26 02:00 bo", "10-26 02:00 > 10-27 02:00 cy"],
    ),
    Case(
        # The start is 02:30 in winter time, the second pass. Hand-offs are wall-clock times: it is at the first.
        "daily, the start inside the repeated hour, at its second pass",
        schedule(PARIS, rotation("daily", "2026-10-25T02:30+01:00", "ana bo")),
        "2026-10-25 00:00 > 2026-10-26 01:30",
        ["10-25 00:00 > 10-25 00:30 bo", "10-25 00:30 > 10-26 01:30 ana"],
    ),
    Case(
        # 08:00 is 14:00 UTC in winter, 13:00 in summer.
        "daily, Chicago springs forward",
        schedule(CHICAGO, rotation("daily", "2026-03-06T08:00-06:00", "ana bo cy")),
        "2026-03-06 14:00 > 2026-03-10 13:00",
        [
            "03-06 14:00 > 03-07 14:00 ana",
            "03-07 14:00 > 03-08 13:00 bo",
            "03-08 13:00 > 03-09 13:00 cy",
            "03-09 13:00 > 03-10 13:00 ana",
        ],
    ),
    Case(
        # Skipped from 02:00 to 03:00: at 08:00 UTC. On the 9th, 02:30 is 07:30 UTC.
        "daily, the hand-off is skipped in Chicago",
        schedule(CHICAGO, rotation("daily", "2026-03-07T02:30-06:00", "ana bo cy")),
        "2026-03-07 08:30 > 2026-03-10 07:30",
        ["03-07 08:30 > 03-08 08:00 ana", "03-08 08:00 > 03-09 07:30 bo", "03-09 07:30 > 03-10 07:30 cy"],
    ),
    Case(
        # 01:30 comes twice on 1 November, first in summer time: 06:30 UTC.
        "daily, the hand-off is repeated in Chicago",
        schedule(CHICAGO, rotation("daily", "2026-10-31T01:30-05:00", "ana bo cy")),
        "2026-10-31 06:30 > 2026-11-03 07:30",
        ["10-31 06:30 > 11-01 06:30 ana", "11-01 06:30 > 11-02 07:30 bo", "11-02 07:30 > 11-03 07:30 cy"],
    ),
    Case(
        # 09:00 is 22:00 UTC of the day before in summer, 22:30 in winter: bo has 24 and a half hours.
        "daily, Lord Howe falls back by half an hour",
        schedule(LORD_HOWE, rotation("daily", "2026-04-03T09:00+11:00", "ana bo cy")),
        "2026-04-02 22:00 > 2026-04-06 22:30",
        [
            "04-02 22:00 > 04-03 22:00 ana",
            "04-03 22:00 > 04-04 22:30 bo",
            "04-04 22:30 > 04-05 22:30 cy",
            "04-05 22:30 > 04-06 22:30 ana",
        ],
    ),
    Case(
        # From 01:30 to 02:00 is repeated on the 5th. First pass of 01:45: 14:45 UTC on the 4th.
        "daily, the hand-off is repeated in Lord Howe",
        schedule(LORD_HOWE, rotation("daily", "2026-04-04T01:45+11:00", "ana bo cy")),
        "2026-04-03 14:45 > 2026-04-06 15:15",
        ["04-03 14:45 > 04-04 14:45 ana", "04-04 14:45 > 04-05 15:15 bo", "04-05 15:15 > 04-06 15:15 cy"],
    ),
    Case(
        # 01:15 is before what is repeated, though within the hour before the change.
        "daily, the hand-off just before the half hour that is repeated in Lord Howe",
        schedule(LORD_HOWE, rotation("daily", "2026-04-04T01:15+11:00", "ana bo cy")),
        "2026-04-03 14:15 > 2026-04-06 14:45",
        ["04-03 14:15 > 04-04 14:15 ana", "04-04 14:15 > 04-05 14:45 bo", "04-05 14:45 > 04-06 14:45 cy"],
    ),
    Case(
        # From 02:00 to 02:30 is skipped on 4 October: 02:15 happens at 15:30 UTC on the 3rd.
        "daily, the hand-off is skipped in Lord Howe",
        schedule(LORD_HOWE, rotation("daily", "2026-10-03T02:15+10:30", "ana bo cy")),
        "2026-10-02 15:45 > 2026-10-05 15:15",
        ["10-02 15:45 > 10-03 15:30 ana", "10-03 15:30 > 10-04 15:15 bo", "10-04 15:15 > 10-05 15:15 cy"],
    ),
    Case(
        # 02:45 is not skipped, though within the hour after the change: 15:45 UTC in summer.
        "daily, the hand-off just after the half hour that is skipped in Lord Howe",
        schedule(LORD_HOWE, rotation("daily", "2026-10-03T02:45+10:30", "ana bo cy")),
        "2026-10-02 16:15 > 2026-10-05 15:45",
        ["10-02 16:15 > 10-03 15:45 ana", "10-03 15:45 > 10-04 15:45 bo", "10-04 15:45 > 10-05 15:45 cy"],
    ),
    Case(
        # 09:00 is 03:30 UTC, whatever Europe does.
        "daily, Kolkata knows no change",
        schedule(KOLKATA, rotation("daily", "2026-03-28T09:00+05:30", "ana bo cy")),
        "2026-03-28 03:30 > 2026-03-31 03:30",
        ["03-28 03:30 > 03-29 03:30 ana", "03-29 03:30 > 03-30 03:30 bo", "03-30 03:30 > 03-31 03:30 cy"],
    ),
    Case(
        "every third day",
        schedule(PARIS, rotation("daily", "2026-03-27T09:00+01:00", "ana bo", interval=3)),
        "2026-03-27 08:00 > 2026-04-02 07:00",
        ["03-27 08:00 > 03-30 07:00 ana", "03-30 07:00 > 04-02 07:00 bo"],
    ),
]

HOURLY = [
    Case(
        # 00:00, 01:00, 02:00 (skipped, at the change), 03:00 (the change): cy's turn has no time, and still counts.
        "hourly, Paris springs forward",
        schedule(PARIS, rotation("hourly", "2026-03-29T00:00+01:00", "ana bo cy di")),
        "2026-03-28 23:00 > 2026-03-29 03:00",
        [
            "03-28 23:00 > 03-29 00:00 ana",
            "03-29 00:00 > 03-29 01:00 bo",
            "03-29 01:00 > 03-29 02:00 di",
            "03-29 02:00 > 03-29 03:00 ana",
        ],
    ),
    Case(
        # 02:00 once, at the first pass; 03:00 two hours later.
        "hourly, Paris falls back",
        schedule(PARIS, rotation("hourly", "2026-10-25T01:00+02:00", "ana bo cy")),
        "2026-10-24 23:00 > 2026-10-25 03:00",
        ["10-24 23:00 > 10-25 00:00 ana", "10-25 00:00 > 10-25 02:00 bo", "10-25 02:00 > 10-25 03:00 cy"],
    ),
    Case(
        # Asked about the second pass alone, when clocks have gone back behind bo's hand-off: still bo.
        "hourly, asked within the second pass",
        schedule(PARIS, rotation("hourly", "2026-10-25T01:30+02:00", "ana bo cy")),
        "2026-10-25 01:00 > 2026-10-25 01:15",
        ["10-25 01:00 > 10-25 01:15 bo"],
    ),
    Case(
        # 01:00 CST, then 02:00 (skipped) and 03:00 at the change: bo has nothing.
        "hourly, Chicago springs forward",
        schedule(CHICAGO, rotation("hourly", "2026-03-08T01:00-06:00", "ana bo cy")),
        "2026-03-08 07:00 > 2026-03-08 10:00",
        ["03-08 07:00 > 03-08 08:00 ana", "03-08 08:00 > 03-08 09:00 cy", "03-08 09:00 > 03-08 10:00 ana"],
    ),
    Case(
        # 01:00 first pass 06:00 UTC; 02:00 is shown once, in winter time: 08:00 UTC.
        "hourly, Chicago falls back",
        schedule(CHICAGO, rotation("hourly", "2026-11-01T00:00-05:00", "ana bo cy")),
        "2026-11-01 05:00 > 2026-11-01 09:00",
        ["11-01 05:00 > 11-01 06:00 ana", "11-01 06:00 > 11-01 08:00 bo", "11-01 08:00 > 11-01 09:00 cy"],
    ),
    Case(
        # 02:00 is skipped, at the change, when clocks show 02:30: bo has half an hour until 03:00, 16:00 UTC.
        "hourly, Lord Howe springs forward",
        schedule(LORD_HOWE, rotation("hourly", "2026-10-04T01:00+10:30", "ana bo cy")),
        "2026-10-03 14:30 > 2026-10-03 17:00",
        ["10-03 14:30 > 10-03 15:30 ana", "10-03 15:30 > 10-03 16:00 bo", "10-03 16:00 > 10-03 17:00 cy"],
    ),
    Case(
        # 02:00 is shown once, at 15:30 UTC: ana has an hour and a half.
        "hourly, Lord Howe falls back",
        schedule(LORD_HOWE, rotation("hourly", "2026-04-05T01:00+11:00", "ana bo cy")),
        "2026-04-04 14:00 > 2026-04-04 17:30",
        ["04-04 14:00 > 04-04 15:30 ana", "04-04 15:30 > 04-04 16:30 bo", "04-04 16:30 > 04-04 17:30 cy"],
    ),
    Case(
        # 20:00 is 19:00 UTC, 08:00 of the next morning 06:00 UTC: bo's night has 11 hours.
        "every 12 hours stays at 08:00 and 20:00, Paris springs forward",
        schedule(PARIS, rotation("hourly", "2026-03-28T08:00+01:00", "ana bo", interval=12)),
        "2026-03-28 07:00 > 2026-03-30 06:00",
        [
            "03-28 07:00 > 03-28 19:00 ana",
            "03-28 19:00 > 03-29 06:00 bo",
            "03-29 06:00 > 03-29 18:00 ana",
            "03-29 18:00 > 03-30 06:00 bo",
        ],
    ),
    Case(
        "every 12 hours stays at 08:00 and 20:00, Paris falls back",
        schedule(PARIS, rotation("hourly", "2026-10-24T08:00+02:00", "ana bo", interval=12)),
        "2026-10-24 06:00 > 2026-10-26 07:00",
        [
            "10-24 06:00 > 10-24 18:00 ana",
            "10-24 18:00 > 10-25 07:00 bo",
            "10-25 07:00 > 10-25 19:00 ana",
            "10-25 19:00 > 10-26 07:00 bo",
        ],
    ),
    Case(
        # 1 July is 177 days after the start: turn 354, ana's, at 08:00 of summer time.
        "every 12 hours, half a year and a clock change later",
        schedule(PARIS, rotation("hourly", "2026-01-05T08:00+01:00", "ana bo", interval=12)),
        "2026-07-01 06:00 > 2026-07-02 06:00",
        ["07-01 06:00 > 07-01 18:00 ana", "07-01 18:00 > 07-02 06:00 bo"],
    ),
    Case(
        # 08:00 is 21:00 UTC in summer, 21:30 in winter.
        "every 12 hours, Lord Howe falls back",
        schedule(LORD_HOWE, rotation("hourly", "2026-04-04T08:00+11:00", "ana bo", interval=12)),
        "2026-04-03 21:00 > 2026-04-05 21:30",
        [
            "04-03 21:00 > 04-04 09:00 ana",
            "04-04 09:00 > 04-04 21:30 bo",
            "04-04 21:30 > 04-05 09:30 ana",
            "04-05 09:30 > 04-05 21:30 bo",
        ],
    ),
    Case(
        "every 12 hours, Kolkata, on the night on which Paris falls back",
        schedule(KOLKATA, rotation("hourly", "2026-10-24T08:00+05:30", "ana bo", interval=12)),
        "2026-10-24 02:30 > 2026-10-25 14:30",
        ["10-24 02:30 > 10-24 14:30 ana", "10-24 14:30 > 10-25 02:30 bo", "10-25 02:30 > 10-25 14:30 ana"],
    ),
    Case(
        # 18:00, 00:00, 06:00: bo's six hours are five.
        "every 6 hours, Chicago springs forward",
        schedule(CHICAGO, rotation("hourly", "2026-03-07T18:00-06:00", "ana bo cy", interval=6)),
        "2026-03-08 00:00 > 2026-03-08 17:00",
        ["03-08 00:00 > 03-08 06:00 ana", "03-08 06:00 > 03-08 11:00 bo", "03-08 11:00 > 03-08 17:00 cy"],
    ),
    Case(
        # 18:00, 00:00, 06:00: bo's six hours are seven.
        "every 6 hours, Chicago falls back",
        schedule(CHICAGO, rotation("hourly", "2026-10-31T18:00-05:00", "ana bo cy", interval=6)),
        "2026-10-31 23:00 > 2026-11-01 18:00",
        ["10-31 23:00 > 11-01 05:00 ana", "11-01 05:00 > 11-01 12:00 bo", "11-01 12:00 > 11-01 18:00 cy"],
    ),
]
