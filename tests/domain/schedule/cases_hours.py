"""Restrictions and holidays. The clock changes are told in case.py."""

from tests.domain.schedule.build import CHICAGO, KOLKATA, LORD_HOWE, PARIS, always, hours, layer, rotation, schedule
from tests.domain.schedule.case import Case

OFFICE = "mon tue wed thu fri"

RESTRICTED = [
    Case(
        # 9 January is a Friday.
        "office hours",
        schedule(PARIS, always("ana", hours("09:00-17:00", OFFICE))),
        "2026-01-09 00:00 > 2026-01-13 00:00",
        ["01-09 08:00 > 01-09 16:00 ana", "01-12 08:00 > 01-12 16:00 ana"],
    ),
    Case(
        "a whole day, from midnight",
        schedule(PARIS, always("ana", hours("00:00-00:00", "sat"))),
        "2026-01-09 00:00 > 2026-01-13 00:00",
        ["01-09 23:00 > 01-10 23:00 ana"],
    ),
    Case(
        "a whole day, from the morning",
        schedule(PARIS, always("ana", hours("09:00-09:00", "sat"))),
        "2026-01-09 00:00 > 2026-01-13 00:00",
        ["01-10 08:00 > 01-11 08:00 ana"],
    ),
    Case(
        "until the end of the day",
        schedule(PARIS, always("ana", hours("17:00-24:00", "mon"))),
        "2026-01-05 00:00 > 2026-01-07 00:00",
        ["01-05 16:00 > 01-05 23:00 ana"],
    ),
    Case(
        # The weekday is the one on which it begins: nothing on Saturday evening.
        "across midnight",
        schedule(PARIS, always("ana", hours("22:00-06:00", "fri"))),
        "2026-01-09 00:00 > 2026-01-12 00:00",
        ["01-09 21:00 > 01-10 05:00 ana"],
    ),
    Case(
        # 22:00 is 21:00 UTC, 06:00 is 04:00 UTC: seven hours.
        "across midnight, Paris springs forward",
        schedule(PARIS, always("ana", hours("22:00-06:00", "sat"))),
        "2026-03-28 00:00 > 2026-03-30 00:00",
        ["03-28 21:00 > 03-29 04:00 ana"],
    ),
    Case(
        # 22:00 is 20:00 UTC, 06:00 is 05:00 UTC: nine hours.
        "across midnight, Paris falls back",
        schedule(PARIS, always("ana", hours("22:00-06:00", "sat"))),
        "2026-10-24 00:00 > 2026-10-26 00:00",
        ["10-24 20:00 > 10-25 05:00 ana"],
    ),
    Case(
        # 04:00 UTC to 11:00 UTC: seven hours; the next night eight.
        "across midnight, Chicago springs forward",
        schedule(CHICAGO, always("ana", hours("22:00-06:00"))),
        "2026-03-08 00:00 > 2026-03-09 12:00",
        ["03-08 04:00 > 03-08 11:00 ana", "03-09 03:00 > 03-09 11:00 ana"],
    ),
    Case(
        # 03:00 UTC to 12:00 UTC: nine hours.
        "across midnight, Chicago falls back",
        schedule(CHICAGO, always("ana", hours("22:00-06:00", "sat"))),
        "2026-11-01 00:00 > 2026-11-02 00:00",
        ["11-01 03:00 > 11-01 12:00 ana"],
    ),
    Case(
        # 22:00 is 11:00 UTC of summer, 06:00 is 19:30 UTC of winter: eight and a half hours.
        "across midnight, Lord Howe falls back",
        schedule(LORD_HOWE, always("ana", hours("22:00-06:00", "sat"))),
        "2026-04-04 00:00 > 2026-04-05 12:00",
        ["04-04 11:00 > 04-04 19:30 ana"],
    ),
    Case(
        "across midnight, Kolkata",
        schedule(KOLKATA, always("ana", hours("22:00-06:00", "sat"))),
        "2026-03-28 00:00 > 2026-03-30 00:00",
        ["03-28 16:30 > 03-29 00:30 ana"],
    ),
    Case(
        "until a skipped time",
        schedule(PARIS, always("ana", hours("22:00-02:30", "sat"))),
        "2026-03-28 00:00 > 2026-03-30 00:00",
        ["03-28 21:00 > 03-29 01:00 ana"],
    ),
    Case(
        "from a skipped time",
        schedule(PARIS, always("ana", hours("02:30-05:00", "sun"))),
        "2026-03-28 00:00 > 2026-03-30 00:00",
        ["03-29 01:00 > 03-29 03:00 ana"],
    ),
    Case(
        "nothing but skipped time",
        schedule(PARIS, always("ana", hours("02:15-02:45"))),
        "2026-03-28 12:00 > 2026-03-29 12:00",
        [],
    ),
    Case(
        # It ends at the last pass of 02:30, in winter time.
        "until a repeated time",
        schedule(PARIS, always("ana", hours("22:00-02:30", "sat"))),
        "2026-10-24 00:00 > 2026-10-26 00:00",
        ["10-24 20:00 > 10-25 01:30 ana"],
    ),
    Case(
        # It begins at the first pass of 02:30, in summer time.
        "from a repeated time",
        schedule(PARIS, always("ana", hours("02:30-05:00", "sun"))),
        "2026-10-24 00:00 > 2026-10-26 00:00",
        ["10-25 00:30 > 10-25 04:00 ana"],
    ),
    Case(
        # 02:00 is shown again at 01:00 UTC, but nothing before it.
        "until where the repeated hour begins",
        schedule(PARIS, always("ana", hours("22:00-02:00", "sat"))),
        "2026-10-24 00:00 > 2026-10-26 00:00",
        ["10-24 20:00 > 10-25 00:00 ana"],
    ),
    Case(
        # The same in Chicago: the first 01:00, in summer time, is 06:00 UTC.
        "until where the repeated hour begins in Chicago",
        schedule(CHICAGO, always("ana", hours("22:00-01:00", "sat"))),
        "2026-10-31 12:00 > 2026-11-01 12:00",
        ["11-01 03:00 > 11-01 06:00 ana"],
    ),
    Case(
        # Both passes: two hours. 03:00 is shown once, at 02:00 UTC.
        "the repeated hour itself",
        schedule(PARIS, always("ana", hours("02:00-03:00", "sun"))),
        "2026-10-24 00:00 > 2026-10-26 00:00",
        ["10-25 00:00 > 10-25 02:00 ana"],
    ),
    Case(
        # 20:00 is 09:00 UTC; the last 01:45 is that of winter, 15:15 UTC.
        "until a repeated time in Lord Howe",
        schedule(LORD_HOWE, always("ana", hours("20:00-01:45", "sat"))),
        "2026-04-04 00:00 > 2026-04-05 00:00",
        ["04-04 09:00 > 04-04 15:15 ana"],
    ),
    Case(
        # 02:15 is skipped, to 15:30 UTC; 09:00 is 22:00 UTC.
        "from a skipped time in Lord Howe",
        schedule(LORD_HOWE, always("ana", hours("02:15-09:00", "sun"))),
        "2026-10-03 12:00 > 2026-10-04 12:00",
        ["10-03 15:30 > 10-03 22:00 ana"],
    ),
    Case(
        # Before 12:00 it is still the turn of the one who comes before the first.
        "a hand-off within restricted hours",
        schedule(
            PARIS, rotation("daily", "2026-01-05T12:00+01:00", "ana bo", restrictions=(hours("09:00-17:00", OFFICE),))
        ),
        "2026-01-05 00:00 > 2026-01-07 00:00",
        [
            "01-05 08:00 > 01-05 11:00 bo",
            "01-05 11:00 > 01-05 16:00 ana",
            "01-06 08:00 > 01-06 11:00 ana",
            "01-06 11:00 > 01-06 16:00 bo",
        ],
    ),
    Case(
        # Ana's turn ends when the day's hours end, and bo's when the next day's do.
        "a hand-off at the end of restricted hours",
        schedule(PARIS, rotation("daily", "2026-01-05T17:00+01:00", "bo ana", restrictions=(hours("09:00-17:00"),))),
        "2026-01-05 00:00 > 2026-01-07 00:00",
        ["01-05 08:00 > 01-05 16:00 ana", "01-06 08:00 > 01-06 16:00 bo"],
    ),
    Case(
        "two restrictions that overlap",
        schedule(PARIS, always("ana", hours("11:00-15:00", "mon"), hours("08:00-12:00", "mon"))),
        "2026-01-05 00:00 > 2026-01-06 00:00",
        ["01-05 07:00 > 01-05 14:00 ana"],
    ),
    Case(
        "every whole day leaves no seam",
        schedule(PARIS, always("ana", hours("00:00-24:00"))),
        "2026-03-28 00:00 > 2026-03-30 00:00",
        ["03-28 00:00 > 03-30 00:00 ana"],
    ),
]


MAY_DAY = "2026-05-01"
"""A Friday."""
HOLIDAYS = [
    Case(
        "office hours but on holidays",
        schedule(PARIS, always("ana", hours("09:00-17:00", OFFICE, "never")), holidays=MAY_DAY),
        "2026-04-30 00:00 > 2026-05-05 00:00",
        ["04-30 07:00 > 04-30 15:00 ana", "05-04 07:00 > 05-04 15:00 ana"],
    ),
    Case(
        # The holiday is the one of Paris: from 22:00 UTC.
        "on holidays only",
        schedule(PARIS, always("ana", hours("00:00-24:00", holidays="only")), holidays=MAY_DAY),
        "2026-04-29 00:00 > 2026-05-05 00:00",
        ["04-30 22:00 > 05-01 22:00 ana"],
    ),
    Case(
        "on holidays only, across midnight",
        schedule(PARIS, always("ana", hours("20:00-08:00", holidays="only")), holidays=MAY_DAY),
        "2026-04-29 00:00 > 2026-05-05 00:00",
        ["05-01 18:00 > 05-02 06:00 ana"],
    ),
    Case(
        # The night before begins on a working day and runs into the holiday.
        "nights but those of holidays",
        schedule(PARIS, always("ana", hours("22:00-06:00", holidays="never")), holidays=MAY_DAY),
        "2026-04-30 12:00 > 2026-05-03 12:00",
        ["04-30 20:00 > 05-01 04:00 ana", "05-02 20:00 > 05-03 04:00 ana"],
    ),
    Case(
        "another layer on holidays",
        schedule(
            PARIS,
            always("ana"),
            layer(always("cy", hours("00:00-24:00", holidays="only")), name="holidays"),
            holidays=f"{MAY_DAY} 2026-05-08",
        ),
        "2026-04-30 00:00 > 2026-05-02 00:00",
        ["04-30 00:00 > 04-30 22:00 ana", "04-30 22:00 > 05-01 22:00 cy @holidays", "05-01 22:00 > 05-02 00:00 ana"],
    ),
    Case(
        "a holiday on a weekend is none for restrictions to Mondays",
        schedule(PARIS, always("ana", hours("09:00-17:00", "mon", "only")), holidays="2026-05-02"),
        "2026-04-30 00:00 > 2026-05-06 00:00",
        [],
    ),
]
