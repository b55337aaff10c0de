"""What does the ledger begin with? Its tables, the chain, append, and the rights (0001_ledger.sql)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Run the SQL as it stands; the driver would take its percent signs and colons for parameters."""
    driver: psycopg.Connection[Any] = cast("Any", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
