"""Who is on call when: schedules as they are written down, and the shifts that come of them."""
