"""Stewardship offered to another member, and opportunities that may be one and the same"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0005'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('handover',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('from_member', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('to_member', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('word', sa.Text(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('masked', sa.Boolean(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['from_member'], ['member.id'], ),
    sa.ForeignKeyConstraint(['to_member'], ['member.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handover_opportunity_id'), ['opportunity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_handover_to_member'), ['to_member'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_to_member'))
        batch_op.drop_index(batch_op.f('ix_handover_opportunity_id'))
    op.drop_table('handover')
