"""Rotations by weeks and months, and before their start. The clock changes are told in case.py."""

from tests.domain.schedule.build import CHICAGO, KOLKATA, LORD_HOWE, PARIS, rotation, schedule
from tests.domain.schedule.case import Case

WEEKLY = [
    Case(
        # 23 March is 11 weeks after 5 January: the third of three.
        "weekly, Paris springs forward",
        schedule(PARIS, rotation("weekly", "2026-01-05T09:00+01:00", "ana bo cy")),
        "2026-03-23 08:00 > 2026-04-06 07:00",
        ["03-23 08:00 > 03-30 07:00 cy", "03-30 07:00 > 04-06 07:00 ana"],
    ),
    Case(
        # 19 October is 41 weeks after 5 January: the third again.
        "weekly, Paris falls back",
        schedule(PARIS, rotation("weekly", "2026-01-05T09:00+01:00", "ana bo cy")),
        "2026-10-19 07:00 > 2026-11-02 08:00",
        ["10-19 07:00 > 10-26 08:00 cy", "10-26 08:00 > 11-02 08:00 ana"],
    ),
    Case(
        "weekly, the hand-off is skipped in Paris",
        schedule(PARIS, rotation("weekly", "2026-03-22T02:30+01:00", "ana bo")),
        "2026-03-22 01:30 > 2026-04-05 00:30",
        ["03-22 01:30 > 03-29 01:00 ana", "03-29 01:00 > 04-05 00:30 bo"],
    ),
    Case(
        "weekly, the hand-off is repeated in Paris",
        schedule(PARIS, rotation("weekly", "2026-10-18T02:30+02:00", "ana bo")),
        "2026-10-18 00:30 > 2026-11-01 01:30",
        ["10-18 00:30 > 10-25 00:30 ana", "10-25 00:30 > 11-01 01:30 bo"],
    ),
    Case(
        "weekly, the hand-off is skipped in Chicago",
        schedule(CHICAGO, rotation("weekly", "2026-03-01T02:00-06:00", "ana bo")),
        "2026-03-01 08:00 > 2026-03-15 07:00",
        ["03-01 08:00 > 03-08 08:00 ana", "03-08 08:00 > 03-15 07:00 bo"],
    ),
    Case(
        # Monday 09:00 is 22:30 UTC on Sunday in winter, 22:00 in summer.
        "weekly, Lord Howe springs forward",
        schedule(LORD_HOWE, rotation("weekly", "2026-09-28T09:00+10:30", "ana bo")),
        "2026-09-27 22:30 > 2026-10-11 22:00",
        ["09-27 22:30 > 10-04 22:00 ana", "10-04 22:00 > 10-11 22:00 bo"],
    ),
    Case(
        "weekly, Kolkata knows no change",
        schedule(KOLKATA, rotation("weekly", "2026-03-23T09:00+05:30", "ana bo")),
        "2026-03-23 03:30 > 2026-04-06 03:30",
        ["03-23 03:30 > 03-30 03:30 ana", "03-30 03:30 > 04-06 03:30 bo"],
    ),
    Case(
        # Asked from the middle of ana's fortnight.
        "every second week",
        schedule(PARIS, rotation("weekly", "2026-01-05T09:00+01:00", "ana bo", interval=2)),
        "2026-01-12 08:00 > 2026-02-02 08:00",
        ["01-12 08:00 > 01-19 08:00 ana", "01-19 08:00 > 02-02 08:00 bo"],
    ),
]

MONTHLY = [
    Case(
        # February has no 31st, April neither; each month is counted from the 31st, not from where the last one ended.
        "monthly on the 31st",
        schedule(PARIS, rotation("monthly", "2026-01-31T09:00+01:00", "ana bo cy")),
        "2026-01-31 08:00 > 2026-05-01 00:00",
        [
            "01-31 08:00 > 02-28 08:00 ana",
            "02-28 08:00 > 03-31 07:00 bo",
            "03-31 07:00 > 04-30 07:00 cy",
            "04-30 07:00 > 05-01 00:00 ana",
        ],
    ),
    Case(
        # 2028 is a leap year; Paris springs forward on 26 March.
        "monthly on the 31st, in a leap year",
        schedule(PARIS, rotation("monthly", "2028-01-31T09:00+01:00", "ana bo cy")),
        "2028-01-31 08:00 > 2028-03-31 07:00",
        ["01-31 08:00 > 02-29 08:00 ana", "02-29 08:00 > 03-31 07:00 bo"],
    ),
    Case(
        "yearly on a leap day",
        schedule(PARIS, rotation("monthly", "2028-02-29T12:00+01:00", "ana bo", interval=12)),
        "2028-02-29 11:00 > 2030-02-28 11:00",
        ["02-29 11:00 > 2029-02-28 11:00 ana", "2029-02-28 11:00 > 2030-02-28 11:00 bo"],
    ),
    Case(
        # The fourth year after: on the 29th again.
        "yearly on a leap day, at the next one",
        schedule(PARIS, rotation("monthly", "2028-02-29T12:00+01:00", "ana bo", interval=12)),
        "2032-02-28 12:00 > 2032-03-01 00:00",
        ["02-28 12:00 > 02-29 11:00 bo", "02-29 11:00 > 03-01 00:00 ana"],
    ),
    Case(
        # Turn -1 began on 28 February, turn -2 on 31 January.
        "monthly on the 31st, before the start",
        schedule(PARIS, rotation("monthly", "2026-03-31T09:00+02:00", "ana bo cy")),
        "2026-02-01 00:00 > 2026-04-01 00:00",
        ["02-01 00:00 > 02-28 08:00 bo", "02-28 08:00 > 03-31 07:00 cy", "03-31 07:00 > 04-01 00:00 ana"],
    ),
    Case(
        "monthly, the hand-off is skipped in Chicago",
        schedule(CHICAGO, rotation("monthly", "2026-02-08T02:30-06:00", "ana bo cy")),
        "2026-02-08 08:30 > 2026-04-08 07:30",
        ["02-08 08:30 > 03-08 08:00 ana", "03-08 08:00 > 04-08 07:30 bo"],
    ),
    Case(
        "monthly, the hand-off is repeated in Chicago",
        schedule(CHICAGO, rotation("monthly", "2026-10-01T01:15-05:00", "ana bo cy")),
        "2026-10-01 06:15 > 2026-12-01 07:15",
        ["10-01 06:15 > 11-01 06:15 ana", "11-01 06:15 > 12-01 07:15 bo"],
    ),
    Case(
        "monthly, the hand-off is repeated in Lord Howe",
        schedule(LORD_HOWE, rotation("monthly", "2026-03-05T01:45+11:00", "ana bo")),
        "2026-03-04 14:45 > 2026-05-04 15:15",
        ["03-04 14:45 > 04-04 14:45 ana", "04-04 14:45 > 05-04 15:15 bo"],
    ),
    Case(
        "monthly on the 31st in Kolkata",
        schedule(KOLKATA, rotation("monthly", "2026-01-31T09:00+05:30", "ana bo")),
        "2026-01-31 03:30 > 2026-03-31 03:30",
        ["01-31 03:30 > 02-28 03:30 ana", "02-28 03:30 > 03-31 03:30 bo"],
    ),
    Case(
        # Over the end of the year: November, February.
        "every third month",
        schedule(PARIS, rotation("monthly", "2026-11-30T09:00+01:00", "ana bo", interval=3)),
        "2026-11-30 08:00 > 2027-05-30 07:00",
        ["11-30 08:00 > 2027-02-28 08:00 ana", "2027-02-28 08:00 > 2027-05-30 07:00 bo"],
    ),
]

BEFORE = [
    Case(
        # The day before the start belongs to the last participant, and so on back.
        "before the start, daily",
        schedule(PARIS, rotation("daily", "2026-02-01T00:00+01:00", "ana bo cy")),
        "2026-01-28 23:00 > 2026-02-01 23:00",
        [
            "01-28 23:00 > 01-29 23:00 ana",
            "01-29 23:00 > 01-30 23:00 bo",
            "01-30 23:00 > 01-31 23:00 cy",
            "01-31 23:00 > 02-01 23:00 ana",
        ],
    ),
    Case(
        "before the start, weekly, back over a clock change",
        schedule(PARIS, rotation("weekly", "2026-04-06T09:00+02:00", "ana bo")),
        "2026-03-23 08:00 > 2026-04-06 07:00",
        ["03-23 08:00 > 03-30 07:00 ana", "03-30 07:00 > 04-06 07:00 bo"],
    ),
    Case(
        # 06:00, 14:00, 22:00; asked from an hour before the third turn back.
        "before the start, every 8 hours",
        schedule(PARIS, rotation("hourly", "2026-01-05T06:00+01:00", "ana bo cy", interval=8)),
        "2026-01-04 04:00 > 2026-01-05 05:00",
        [
            "01-04 04:00 > 01-04 05:00 cy",
            "01-04 05:00 > 01-04 13:00 ana",
            "01-04 13:00 > 01-04 21:00 bo",
            "01-04 21:00 > 01-05 05:00 cy",
        ],
    ),
]
