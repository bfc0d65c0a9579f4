"""`/schedules/` as part of the catalogue: all, one, make, change, delete."""

from api.catalogue.endpoints import routes_of
from api.catalogue.schedules import SCHEDULES

router = routes_of(SCHEDULES)
"""Included after all that begins with `/schedules/{id}/`: a name may hold slashes."""
