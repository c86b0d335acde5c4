"""When a connection's database was last restored from a backup, and whose database it is"""

from uuid import uuid4

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('connection', sa.Column('restored_at', hub.store.types.Moment(), nullable=True))
    op.create_table('hub_identity',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.execute(f"INSERT INTO hub_identity (id) VALUES ('{uuid4()}')")  # nosec B608


def downgrade() -> None:
    op.drop_table('hub_identity')
    op.drop_column('connection', 'restored_at')
