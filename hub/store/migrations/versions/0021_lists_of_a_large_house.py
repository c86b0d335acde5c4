"""Indexes by which a connection's last runs and its linked records are found among many"""

from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("run_newest", "run", ["connection_id", "started_at"])
    op.drop_index("ix_run_connection_id", "run")
    op.create_index("link_state", "link", ["connection_id", "state"])
    op.drop_index("ix_link_connection_id", "link")


def downgrade() -> None:
    op.create_index("ix_link_connection_id", "link", ["connection_id"])
    op.drop_index("link_state", "link")
    op.create_index("ix_run_connection_id", "run", ["connection_id"])
    op.drop_index("run_newest", "run")
