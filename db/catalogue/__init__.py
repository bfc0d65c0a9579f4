"""The catalogue in the database: people, teams, services, scopes, schedules, policies, routes."""
