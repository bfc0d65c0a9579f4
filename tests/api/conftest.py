"""Two API processes and a worker for each file of tests, reached by HTTP."""

from tests.support.product import alert, api, as_role, database, stack

__all__ = ["alert", "api", "as_role", "database", "stack"]
