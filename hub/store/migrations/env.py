"""Alembic's entry: runs on the connection that hub.store.migrate hands over."""

from alembic import context
from sqlmodel import SQLModel

import hub.store.tables  # noqa: F401  fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
