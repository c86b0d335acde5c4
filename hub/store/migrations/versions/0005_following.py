"""Whether a record follows what changes in the commons, and what its people are asked about that"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('update_question',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('link_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('values', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('rev', sa.Integer(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ),
    sa.ForeignKeyConstraint(['link_id'], ['link.id'], ),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('link_id')
    )
    with op.batch_alter_table('update_question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_update_question_connection_id'), ['connection_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_update_question_state'), ['state'], unique=False)

    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.add_column(sa.Column('follow', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default='yes'))
        batch_op.add_column(sa.Column('answers', sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.drop_column('answers')
        batch_op.drop_column('follow')
    with op.batch_alter_table('update_question', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_update_question_state'))
        batch_op.drop_index(batch_op.f('ix_update_question_connection_id'))
    op.drop_table('update_question')
