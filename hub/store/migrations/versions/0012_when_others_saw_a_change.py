"""When something last moved that others may know of."""

from alembic import op
import sqlalchemy as sa

import hub.store.types

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # It stays empty for what is there: the last change may have been of a position that is hidden.
    with op.batch_alter_table('opportunity', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shown_at', hub.store.types.Moment(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('opportunity', schema=None) as batch_op:
        batch_op.drop_column('shown_at')
