"""The servers of a test run, a database and a Temporal namespace for each of its processes, and what tests share."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from config.settings import Settings
from config.temporal import DATA_CONVERTER
from db.engine import IntakePool, Sessions, make_engine, make_intake_pool, make_sessions
from tests.support.house import House
from tests.support.order import in_order
from tests.support.product import product_name, shared_product, terminate_all
from tests.support.servers import ALONE, Addresses, Servers, copy_template, make_settings, process_name
from tests.support.sockets import block_outside
from tests.support.waiting import WAIT_SECONDS

__all__ = ["shared_product"]

_ADDRESSES = pytest.StashKey[Addresses]()
_SERVERS = pytest.StashKey[Servers]()

_ABOUT_THE_TESTS = frozenset({"TOCSIN_FULL_STORM"})
"""Variables that say which tests are run, and nothing to the product."""

# How fast examples are made on this machine, and how many are of use, says nothing of the product.
_OF_CHANCE = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
hypothesis_settings.register_profile("tocsin", deadline=None, print_blob=True, suppress_health_check=_OF_CHANCE)
hypothesis_settings.load_profile("tocsin")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers in the process that governs the run; the others are told where they are."""
    _forget_environment()
    block_outside()
    # A worker that stops evicts workflows that run; their TaskGroup cannot await its children any more.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:Exception ignored in. <coroutine object _WorkflowInstanceImpl:pytest.PytestUnraisableExceptionWarning",
    )
    governed = getattr(config, "workerinput", None)
    if governed is not None:
        config.stash[_ADDRESSES] = Addresses.loads(governed["tocsin"])
    elif not config.option.collectonly:
        servers = Servers(_namespaces(config))
        config.stash[_SERVERS] = servers
        try:
            config.stash[_ADDRESSES] = servers.start()
            # Nobody speaks TLS with the outside, and to read all the world's certificates takes each client 25 ms.
            os.environ["SSL_CERT_FILE"] = str(servers.certificate)
        except BaseException:
            servers.stop()
            raise


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """xdist: what a worker process must know."""
    node.workerinput["tocsin"] = node.config.stash[_ADDRESSES].dumps()  # type: ignore[attr-defined]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files into the order in which processes should begin them."""
    tests = config.rootpath / "tests"
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path.relative_to(tests), []).append(item)
    items[:] = [item for file in in_order(list(files)) for item in files[file]]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what `pytest_configure` started."""
    servers = config.stash.get(_SERVERS, None)
    if servers is not None:
        servers.stop()


def _namespaces(config: pytest.Config) -> list[str]:
    processes = len(getattr(config.option, "tx", None) or [])
    spare = processes and 4  # a worker process that crashed is replaced by one with the next name
    names = [f"gw{number}" for number in range(processes + spare)] or [ALONE]
    return [*names, *map(product_name, names)]


def _forget_environment() -> None:
    """Tests are about what they say, not about the variables of the machine.

    The product is started often: unless Python may keep what it has compiled, each process compiles it all anew.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    for name in list(os.environ):
        if name.startswith(("TOCSIN_", "TEMPORAL_")) and name not in _ABOUT_THE_TESTS:
            del os.environ[name]


@pytest.fixture(scope="session")
def addresses(pytestconfig: pytest.Config) -> Addresses:
    """Where Postgres and Temporal are."""
    return pytestconfig.stash[_ADDRESSES]


@pytest.fixture(scope="session")
def namespace(pytestconfig: pytest.Config) -> str:
    """The Temporal namespace of this process."""
    return process_name(pytestconfig)


@pytest.fixture(scope="session")
def database_url(addresses: Addresses, namespace: str) -> str:
    """This process's own database: migrated, with the example organisation."""
    name = f"tocsin_{namespace}"
    copy_template(addresses.postgres, name)
    return addresses.database(name)


@pytest.fixture(scope="session")
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `TOCSIN_HOME` without a running `tocsin dev`."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def settings(database_url: str, addresses: Addresses, session_home: Path) -> Settings:
    """Settings that lead to this run's servers."""
    return make_settings(session_home, database_url, addresses.temporal)


@pytest.fixture(autouse=True)
def _structlog_defaults() -> Iterator[None]:
    """Logging that a test configured does not outlive it."""
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Connections to this process's database; what the test has put into it is gone afterwards."""
    engine = make_engine(settings.database)
    yield engine
    async with engine.begin() as connection:
        # Not the sequence of the numbers: ids of workflows are not used twice.
        await connection.execute(text("TRUNCATE incidents, correlation_slots, worker_heartbeats, alert_states CASCADE"))
    await engine.dispose()


@pytest_asyncio.fixture
async def sessions(engine: AsyncEngine) -> Sessions:
    """Sessions of that engine."""
    return make_sessions(engine)


@pytest_asyncio.fixture
async def intake_pool(settings: Settings) -> AsyncIterator[IntakePool]:
    """The pool of intake's one statement."""
    async with make_intake_pool(settings.database) as pool:
        pool.timeout = WAIT_SECONDS  # hundreds wait for one row, on whatever machine
        yield pool


@pytest_asyncio.fixture
async def temporal_client(addresses: Addresses, namespace: str) -> AsyncIterator[Client]:
    """A client of this process's namespace; workflows that the test left running are terminated."""
    client = await Client.connect(addresses.temporal, namespace=namespace, data_converter=DATA_CONVERTER)
    yield client
    await terminate_all(client)


@pytest_asyncio.fixture
async def house(engine: AsyncEngine, intake_pool: IntakePool, temporal_client: Client, settings: Settings) -> House:
    """Everything together, without workers."""
    return House(engine, intake_pool, temporal_client, settings)


@pytest_asyncio.fixture
async def product(house: House) -> AsyncIterator[House]:
    """Everything together, with workers and relay."""
    async with house.working():
        yield house
