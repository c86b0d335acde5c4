"""The run that a person asked to end, and what runs asked their systems"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connection", sa.Column("cancel_fence", sa.Integer(), nullable=True))
    op.create_table(
        "run_calls",
        sa.Column("run_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", hub.store.types.Moment(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("ix_run_calls_at", "run_calls", ["at"])


def downgrade() -> None:
    op.drop_table("run_calls")
    op.drop_column("connection", "cancel_fence")
