"""The catalogue over REST: one way for every kind of entry (people, teams, services, scopes, policies, routes)."""
