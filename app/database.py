"""Which PostgreSQL does Hudang use? The one that DATABASE_URL names, or else one of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hudang.settings import Settings


@dataclass(frozen=True, slots=True)
class Database:
    """Two ways into one database: as the service, and as whoever may migrate it.

    The addresses hold passwords, so they are never shown.
    """

    url: str = field(repr=False)
    admin_url: str = field(repr=False)


@contextmanager
def open_database(settings: Settings, report: Callable[[str], None]) -> Iterator[Database]:
    """The database for as long as the block runs; `report` hears why a start takes long."""
    if settings.database_url is not None:
        yield Database(settings.database_url, settings.database_admin_url or settings.database_url)
        return
    from hudang.embedded import EmbeddedPostgres  # noqa: PLC0415 - not needed for a server that is named

    with EmbeddedPostgres(settings.data, report=report) as server:
        yield Database(server.url(), server.url(admin=True))
