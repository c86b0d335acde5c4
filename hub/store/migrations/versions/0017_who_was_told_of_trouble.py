"""Who was told of which trouble, and webhooks on their way"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0017'
down_revision = "0016"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table('alert',
    sa.Column('owner', TEXT(), nullable=False),
    sa.Column('key', TEXT(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('since', hub.store.types.Moment(), nullable=True),
    sa.Column('told_at', hub.store.types.Moment(), nullable=True),
    sa.PrimaryKeyConstraint('owner', 'key')
    )
    op.create_table('notice',
    sa.Column('id', TEXT(), nullable=False),
    sa.Column('owner', TEXT(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=True),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('state', TEXT(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('not_before', hub.store.types.Moment(), nullable=True),
    sa.Column('ended_at', hub.store.types.Moment(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_state'), ['state'], unique=False)


def downgrade() -> None:
    op.drop_table('notice')
    op.drop_table('alert')
