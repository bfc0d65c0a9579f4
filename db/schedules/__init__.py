"""What departs from a schedule, and what is told of it: overrides, swaps, calendars, feeds, hand-offs."""
