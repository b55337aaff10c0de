"""How does Alembic run our migrations? Over the connection that `hudang.ledger.migrate` hands it."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table_schema="ledger",
    transaction_per_migration=True,
)
# What a migration makes belongs to the owner, whoever migrates.
connection.exec_driver_sql("SET ROLE hudang_owner")
connection.commit()
with context.begin_transaction():
    context.run_migrations()
