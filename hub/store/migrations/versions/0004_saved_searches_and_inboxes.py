"""Saved searches, the terms they are found by, and what they put into inboxes"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('saved_search',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('member_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('criteria', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', hub.store.types.Moment(), nullable=True),
    sa.Column('created_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('saved_search', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_search_member_id'), ['member_id'], unique=False)

    op.create_table('search_term',
    sa.Column('term', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('search_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['search_id'], ['saved_search.id'], ),
    sa.PrimaryKeyConstraint('term', 'search_id')
    )
    with op.batch_alter_table('search_term', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_term_search_id'), ['search_id'], unique=False)

    op.create_table('candidate',
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('word', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('found_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('shown_at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('connection_id', 'opportunity_id')
    )
    with op.batch_alter_table('candidate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_candidate_opportunity_id'), ['opportunity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_candidate_state'), ['state'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('candidate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_candidate_state'))
        batch_op.drop_index(batch_op.f('ix_candidate_opportunity_id'))
    op.drop_table('candidate')
    with op.batch_alter_table('search_term', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_search_term_search_id'))
    op.drop_table('search_term')
    with op.batch_alter_table('saved_search', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_saved_search_member_id'))
    op.drop_table('saved_search')
