"""What is wrong with a calendar, or with one event of it."""


class UnreadableCalendar(Exception):
    """A calendar cannot be read, or is beyond a limit; the message says why in a sentence for people."""


class UnusableEvent(Exception):
    """One event cannot be taken over; the message says what would be right."""
