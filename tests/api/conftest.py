"""Two API processes and a worker for each file of tests, reached by HTTP."""

from tests.support.product import alert, api, as_role, database, stack
from tests.support.senders import sender, service

__all__ = ["alert", "api", "as_role", "database", "sender", "service", "stack"]
