"""Going on call: feeds, imported calendars, and the Temporal Schedules that hand over and remind."""
