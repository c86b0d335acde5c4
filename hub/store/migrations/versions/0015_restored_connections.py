"""When a connection's database was last restored from a backup"""

import sqlalchemy as sa
from alembic import op

import hub.store.types

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('connection', sa.Column('restored_at', hub.store.types.Moment(), nullable=True))


def downgrade() -> None:
    op.drop_column('connection', 'restored_at')
