"""When the next call to a system may go out, by all processes together"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0018'
down_revision = "0017"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    # A crash of the database may empty them: then the next calls find every place free, and a 429 tells.
    prefixes = ['UNLOGGED'] if op.get_bind().dialect.name == 'postgresql' else []
    op.create_table('pace',
    sa.Column('scope', TEXT(), nullable=False),
    sa.Column('kind', TEXT(), nullable=False),
    sa.Column('taken', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.Float(), nullable=True),
    sa.Column('paused_until', sa.Float(), nullable=True),
    sa.PrimaryKeyConstraint('scope', 'kind'),
    prefixes=prefixes,
    )
    op.create_table('pace_place',
    sa.Column('scope', TEXT(), nullable=False),
    sa.Column('kind', TEXT(), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('at', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'kind', 'slot'),
    prefixes=prefixes,
    )


def downgrade() -> None:
    op.drop_table('pace_place')
    op.drop_table('pace')
