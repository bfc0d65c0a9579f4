"""Another name for an entry of the catalogue: nothing is lost, nothing else is touched."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.defaults import BASE_CATALOGUE, EXAMPLE_CATALOGUE
from domain.catalogue import KINDS, Catalogue, broken_references
from domain.renaming import renamed

BASE = Catalogue.model_validate(yaml.safe_load(BASE_CATALOGUE.read_text()))
WHOLE = Catalogue.model_validate(yaml.safe_load(EXAMPLE_CATALOGUE.read_text())).model_copy(
    update={"policies": BASE.policies, "routes": BASE.routes}
)
PLACES = [(kind, name) for kind in KINDS for name in WHOLE.entries(kind)]


def test_the_shipped_catalogue_is_sound() -> None:
    assert broken_references(WHOLE) == []


@given(st.sampled_from(PLACES))
def test_a_new_name_breaks_nothing_and_back_is_as_before(place: tuple[str, str]) -> None:
    kind, old = place
    new = "else@example.com" if kind == "users" else "Somebody Else"
    after = renamed(WHOLE, kind, old, new)
    assert broken_references(after) == []
    assert new in after.entries(kind) and old not in after.entries(kind)
    assert renamed(after, kind, new, old) == WHOLE


@pytest.mark.parametrize("kind", KINDS)
def test_the_old_name_is_nowhere(kind: str) -> None:
    old = next(iter(WHOLE.entries(kind)))
    new = "else@example.com" if kind == "users" else "Somebody Else"
    after = renamed(WHOLE, kind, old, new)
    for entry in after.entries(kind).values():
        assert old not in (getattr(entry, "name", None), getattr(entry, "email", None))
    same = {other for other in KINDS if other != kind and old in WHOLE.entries(other)}
    for other in same:
        assert old in after.entries(other), "an entry of another kind may have the same name, and keeps it"
