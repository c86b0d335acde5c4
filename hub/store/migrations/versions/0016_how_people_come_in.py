"""Where sessions are from, who people are at an identity provider, and who is on the way there"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0016'
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    # Sessions last for hours and have no public id yet: everyone signs in once more.
    op.execute('DELETE FROM session')
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('id', TEXT(), nullable=False))
        batch_op.add_column(sa.Column('address', TEXT(), nullable=False))
        batch_op.add_column(sa.Column('browser', TEXT(), nullable=False))
        batch_op.add_column(sa.Column('way', TEXT(), nullable=False))
        batch_op.create_unique_constraint('session_id', ['id'])

    op.create_table('identity',
    sa.Column('issuer', TEXT(), nullable=False),
    sa.Column('subject', TEXT(), nullable=False),
    sa.Column('user_id', TEXT(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], ),
    sa.PrimaryKeyConstraint('issuer', 'subject'),
    sa.UniqueConstraint('issuer', 'user_id')
    )
    op.create_index(op.f('ix_identity_user_id'), 'identity', ['user_id'])

    op.create_table('under_way',
    sa.Column('state_hash', TEXT(), nullable=False),
    sa.Column('browser_hash', TEXT(), nullable=False),
    sa.Column('nonce', TEXT(), nullable=False),
    sa.Column('verifier', TEXT(), nullable=False),
    sa.Column('onward', sa.Text(), nullable=False),
    sa.Column('invitation', TEXT(), nullable=True),
    sa.Column('address', TEXT(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.PrimaryKeyConstraint('state_hash')
    )
    op.create_index(op.f('ix_under_way_address'), 'under_way', ['address'])
    op.create_index(op.f('ix_under_way_at'), 'under_way', ['at'])


def downgrade() -> None:
    op.drop_table('under_way')
    op.drop_table('identity')
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_constraint('session_id', type_='unique')
        for name in ('way', 'browser', 'address', 'id'):
            batch_op.drop_column(name)
