"""Tokens of members' programs, the keys by which they know opportunities, and the webhooks that were taken"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('token',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('member_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=True),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', hub.store.types.Moment(), nullable=True),
    sa.Column('expires_at', hub.store.types.Moment(), nullable=True),
    sa.Column('revoked_at', hub.store.types.Moment(), nullable=True),
    sa.Column('used_at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    with op.batch_alter_table('token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_token_member_id'), ['member_id'], unique=False)

    op.create_table('member_key',
    sa.Column('member_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], ),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('member_id', 'opportunity_id'),
    sa.UniqueConstraint('member_id', 'key')
    )
    op.create_table('hint',
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('message_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ),
    sa.PrimaryKeyConstraint('connection_id', 'message_id')
    )
    with op.batch_alter_table('hint', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hint_at'), ['at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('hint', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hint_at'))
    op.drop_table('hint')
    op.drop_table('member_key')
    with op.batch_alter_table('token', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_token_member_id'))
    op.drop_table('token')
