"""How is everything put together? Ledger, casebook, read models, scheduler and API on one database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from starlette.applications import Starlette

from hudang.database import Database, open_database
from hudang.domain.decision import CHINA
from hudang.graphql.authentication import authenticator
from hudang.graphql.context import ApiContext
from hudang.graphql.http import create_app
from hudang.ledger.casebook import Casebook
from hudang.ledger.clock import Clocks, SimulatedClock
from hudang.ledger.heads import check_heads
from hudang.ledger.keys import KeyRing
from hudang.ledger.migrate import database_version, migrate, schema_version
from hudang.ledger.sealing_key import make_sealing_key
from hudang.ledger.store import Store
from hudang.master_key import master_key_source
from hudang.projections.engine import Engine
from hudang.projections.models import MODELS
from hudang.scheduler.clockwork import Clockwork
from hudang.scheduler.erasures import ErasedKeys
from hudang.scheduler.seals import HeadSealing
from hudang.settings import Settings
from hudang.tokens import ensure_tokens

LEDGERS = ("L0001",)
OFFICE = "430304"
"""What the tokens of the first start are good for; `tokens.toml` is the operator's to change."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running Hudang."""

    database: Database
    store: Store
    keys: KeyRing
    clocks: Clocks
    casebook: Casebook
    engine: Engine
    clockwork: Clockwork
    app: Starlette


@contextmanager
def open_service(settings: Settings, report: Callable[[str], None]) -> Iterator[Service]:
    """Everything running but the web server and the clockwork's interval, for as long as the block runs."""
    with ExitStack() as stack:
        database = stack.enter_context(open_database(settings, report))
        bring_to_our_schema(database)
        store = stack.enter_context(Store(database.url))
        check_heads(store)
        keys = KeyRing(master_key_source(settings), store)
        clocks = Clocks(simulated_clocks(store))
        engine = Engine(database.url, store, MODELS, opener=keys)
        casebook = Casebook(store, keys, clocks, appended=engine.wake)
        stack.enter_context(engine)
        sealing = HeadSealing(store, make_sealing_key(settings.seal_key), settings.seals)
        chores = (ErasedKeys(store, keys), sealing)
        clockwork = stack.enter_context(Clockwork(database.url, store, casebook, engine, chores=chores))
        yield Service(
            database=database,
            store=store,
            keys=keys,
            clocks=clocks,
            casebook=casebook,
            engine=engine,
            clockwork=clockwork,
            app=create_app(
                ApiContext(
                    casebook=casebook,
                    store=store,
                    keys=keys,
                    projections=engine,
                    authenticate=authenticator(ensure_tokens(settings.data, LEDGERS, OFFICE)),
                    deadline_s=settings.request_seconds,
                    schema_is_current=lambda: database_version(database.url) == schema_version(),
                )
            ),
        )


def bring_to_our_schema(database: Database) -> None:
    """Migrate if there is something to migrate; where nothing is, the service's own login is enough."""
    if database_version(database.url) != schema_version():
        migrate(database.admin_url)


def simulated_clocks(store: Store) -> dict[str, SimulatedClock]:
    """The clock of every ledger that was opened with a simulated one: it goes on from its newest event."""
    return {
        ledger: SimulatedClock(head.recorded_at.astimezone(CHINA), running=True)
        for ledger, head in store.heads().items()
        if head.recorded_at is not None and store.clock_of(ledger) == "simulated"
    }
