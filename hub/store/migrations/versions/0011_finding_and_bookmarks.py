"""What opportunities are found by, and bookmarks. The index is filled by the hub that opens the database (``store.finding``)"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('arriving', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('steward_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('audience', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('updated_at', hub.store.types.Moment(), nullable=True),
    sa.Column('currency', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('amount', sa.Float(), nullable=True),
    sa.Column('gap', sa.Float(), nullable=True),
    sa.Column('needed', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('opportunity_id')
    )
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finding_steward_id'), ['steward_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_finding_updated_at'), ['updated_at'], unique=False)

    op.create_table('finding_tag',
    sa.Column('tag', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('finding_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['finding_id'], ['finding.id'], ),
    sa.PrimaryKeyConstraint('tag', 'finding_id')
    )
    with op.batch_alter_table('finding_tag', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finding_tag_finding_id'), ['finding_id'], unique=False)

    op.create_table('finding_made',
    sa.Column('way', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('way')
    )
    op.create_table('bookmark',
    sa.Column('user_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], ),
    sa.PrimaryKeyConstraint('user_id', 'opportunity_id')
    )
    with op.batch_alter_table('bookmark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bookmark_opportunity_id'), ['opportunity_id'], unique=False)

    if op.get_bind().dialect.name == 'sqlite':
        # The words come folded and parted by spaces. The tokenizer "ascii" takes every sign beyond ASCII for a letter, so
        # that its words are ours; "unicode61" would part them by the Unicode of 2012.
        op.execute("CREATE VIRTUAL TABLE finding_text USING fts5(title, organisation, rest, tokenize='ascii', prefix='2 3')")
    else:
        op.execute('CREATE TABLE finding_text (id integer PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE, said tsvector NOT NULL)')
        op.execute('CREATE INDEX finding_text_said ON finding_text USING gin (said)')


def downgrade() -> None:
    op.execute('DROP TABLE finding_text')
    op.drop_table('bookmark')
    op.drop_table('finding_made')
    op.drop_table('finding_tag')
    op.drop_table('finding')
