"""Indexes by which a connection's last runs, its linked records and lines of the audit are found among many"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("run_newest", "run", ["connection_id", "started_at"])
    op.drop_index("ix_run_connection_id", "run")
    op.create_index("link_state", "link", ["connection_id", "state"])
    op.drop_index("ix_link_connection_id", "link")
    op.create_index("audit_connection", "audit", ["connection_id", "id"])
    op.drop_index("ix_audit_connection_id", "audit")
    persons = sa.text("actor >= 'user:'")
    op.create_index("audit_person", "audit", ["actor", "id"], sqlite_where=persons, postgresql_where=persons)


def downgrade() -> None:
    op.drop_index("audit_person", "audit")
    op.create_index("ix_audit_connection_id", "audit", ["connection_id"])
    op.drop_index("audit_connection", "audit")
    op.create_index("ix_link_connection_id", "link", ["connection_id"])
    op.drop_index("link_state", "link")
    op.create_index("ix_run_connection_id", "run", ["connection_id"])
    op.drop_index("run_newest", "run")
