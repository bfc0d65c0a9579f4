"""The operator's password and token hold at every start; the ones before them do not."""

from api.bootstrap import bootstrap
from config.passwords import password_matches
from config.settings import Settings
from db.access import by_token, user_by_email
from db.engine import Sessions
from db.models import User, new_id


def with_login(settings: Settings, password: str, token: str, email: str = "operator@example.com") -> Settings:
    changes = {"admin_email": email, "admin_password": password, "admin_token": token}
    return Settings.model_validate(settings.model_dump() | changes)


async def test_another_password_and_token_take_the_place_of_those_before(
    sessions: Sessions, settings: Settings
) -> None:
    assert await bootstrap(sessions, with_login(settings, "first", "token-one")) is None
    assert await bootstrap(sessions, with_login(settings, "second", "token-two")) is None
    async with sessions() as session:
        user = await user_by_email(session, "operator@example.com")
        assert user is not None
        assert password_matches(user.password_hash, "second")
        assert not password_matches(user.password_hash, "first")
        assert await by_token(session, "token-one") is None
        owner = await by_token(session, "token-two")
    assert owner is not None
    assert (owner.email, owner.role) == ("operator@example.com", "admin")
    # Back to the token of the other tests, under their administrator's name.
    await bootstrap(sessions, settings)
    async with sessions() as session:
        assert await by_token(session, "token-two") is None


async def test_what_was_not_given_is_made_up_and_shown_once(sessions: Sessions, settings: Settings) -> None:
    bare = settings.model_copy(update={"admin_email": "fresh@example.com", "admin_password": None, "admin_token": None})
    shown = await bootstrap(sessions, bare)
    assert shown is not None
    assert await bootstrap(sessions, bare) is None
    async with sessions() as session:
        owner = await by_token(session, shown.token)
        assert owner is not None and owner.email == "fresh@example.com"


async def test_whom_the_operator_names_is_an_admin_whatever_the_catalogue_says(
    sessions: Sessions, settings: Settings
) -> None:
    async with sessions.begin() as session:
        session.add(User(id=new_id(), email="known@example.com", name="Known", role="viewer"))
    await bootstrap(sessions, with_login(settings, "third", "token-three", "known@example.com"))
    async with sessions() as session:
        owner = await by_token(session, "token-three")
    assert owner is not None and owner.role == "admin"
    await bootstrap(sessions, settings)
