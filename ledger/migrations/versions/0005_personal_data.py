"""How are keys rotated, and how does a person's key end? Tombstones and the secret of digests (0005)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the SQL as it stands; the driver would take its percent signs and colons for parameters."""
    driver: psycopg.Connection[Any] = cast("Any", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
