"""Stewardship offered to another member, and opportunities that may be one and the same"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0007'
down_revision = '0006'
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

    op.create_table('duplicate',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('first_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('second_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('survivor_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('title', sa.Float(), nullable=False),
    sa.Column('text', sa.Float(), nullable=False),
    sa.Column('number', sa.Boolean(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('agreed_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('seen', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['first_id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['second_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('first_id', 'second_id')
    )
    with op.batch_alter_table('duplicate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duplicate_second_id'), ['second_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_duplicate_state'), ['state'], unique=False)

    op.create_table('likeness_key',
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('key', 'opportunity_id')
    )
    with op.batch_alter_table('likeness_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_likeness_key_opportunity_id'), ['opportunity_id'], unique=False)

    op.create_table('likeness_due',
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('opportunity_id')
    )
    op.create_table('merged',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('survivor_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('steward_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('masked', sa.Boolean(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['survivor_id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['steward_id'], ['member.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('number')
    )
    with op.batch_alter_table('merged', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merged_survivor_id'), ['survivor_id'], unique=False)

    op.create_table('leftover',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('member_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('survivor_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('gone_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('remote_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('url', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], ),
    sa.ForeignKeyConstraint(['survivor_id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['gone_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('leftover', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_leftover_member_id'), ['member_id'], unique=False)

    # What was there before is looked at like what comes new; looking gives it its keys.
    op.execute('INSERT INTO likeness_due (opportunity_id) SELECT id FROM opportunity')


def downgrade() -> None:
    with op.batch_alter_table('leftover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_leftover_member_id'))
    op.drop_table('leftover')
    with op.batch_alter_table('merged', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_merged_survivor_id'))
    op.drop_table('merged')
    op.drop_table('likeness_due')
    with op.batch_alter_table('likeness_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_likeness_key_opportunity_id'))
    op.drop_table('likeness_key')
    with op.batch_alter_table('duplicate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_duplicate_state'))
        batch_op.drop_index(batch_op.f('ix_duplicate_second_id'))
    op.drop_table('duplicate')
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_to_member'))
        batch_op.drop_index(batch_op.f('ix_handover_opportunity_id'))
    op.drop_table('handover')
