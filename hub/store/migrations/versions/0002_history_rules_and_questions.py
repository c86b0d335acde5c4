"""History that can be replayed, rules, questions, and what guards need to know"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('match_question',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('link_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('opportunity_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('candidates', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('choice', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('opened_at', hub.store.types.Moment(), nullable=True),
    sa.Column('decided_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_match_question_connection_id'), ['connection_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_match_question_state'), ['state'], unique=False)

    op.create_table('rule',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('member_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('path', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('connection_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('conflict_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', hub.store.types.Moment(), nullable=True),
    sa.Column('created_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], ),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('member_id', 'path')
    )
    with op.batch_alter_table('rule', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rule_member_id'), ['member_id'], unique=False)

    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('moves', sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.add_column(sa.Column('commons_from', sqlmodel.sql.sqltypes.AutoString(), nullable=True))

    with op.batch_alter_table('connection', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shape', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('described_at', hub.store.types.Moment(), nullable=True))
        batch_op.add_column(sa.Column('scope', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('reread_at', hub.store.types.Moment(), nullable=True))

    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.add_column(sa.Column('diagnosis', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))

    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seen_page', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('rounds', sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tries', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('not_before', hub.store.types.Moment(), nullable=True))

    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.add_column(sa.Column('taken_over_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('judged_to', sa.Integer(), nullable=False, server_default='0'))
        batch_op.create_index(batch_op.f('ix_run_taken_over_by'), ['taken_over_by'], unique=False)

    _begin_the_history()


def _begin_the_history() -> None:
    """Earlier lines of the audit did not tell all of what moved: one line for each opportunity says how it stands."""
    conn = op.get_bind()
    opportunity = sa.table('opportunity', *[sa.column(n) for n in ('id', 'kind', 'steward_id', 'status', 'audience')],
                           sa.column('facts', sa.JSON), sa.column('updated_at', hub.store.types.Moment()))
    commitment = sa.table('commitment', sa.column('opportunity_id'), sa.column('member_id'), sa.column('facts', sa.JSON),
                          sa.column('updated_at', hub.store.types.Moment()))
    audit = sa.table('audit', *[sa.column(n) for n in ('actor', 'action', 'direction', 'opportunity_id', 'member_id')],
                     sa.column('values', sa.JSON), sa.column('moves', sa.Boolean), sa.column('at', hub.store.types.Moment()))
    same = {'actor': 'hub', 'action': 'as it stood', 'direction': 'here', 'moves': True}
    for row in conn.execute(sa.select(opportunity)).all():
        own = {n: getattr(row, n) for n in ('kind', 'steward_id', 'status', 'audience')}
        values = {path: [None, value] for path, value in (row.facts | own).items()}
        conn.execute(audit.insert().values(opportunity_id=row.id, values=values, at=row.updated_at, **same))
    for row in conn.execute(sa.select(commitment)).all():
        values = {path: [None, value] for path, value in row.facts.items()}
        conn.execute(audit.insert().values(opportunity_id=row.opportunity_id, member_id=row.member_id, values=values,
                                           at=row.updated_at, **same))


def downgrade() -> None:
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_taken_over_by'))
        batch_op.drop_column('taken_over_by')
        batch_op.drop_column('judged_to')

    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.drop_column('not_before')
        batch_op.drop_column('tries')

    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.drop_column('rounds')
        batch_op.drop_column('seen_page')

    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.drop_column('diagnosis')

    with op.batch_alter_table('connection', schema=None) as batch_op:
        batch_op.drop_column('reread_at')
        batch_op.drop_column('scope')
        batch_op.drop_column('described_at')
        batch_op.drop_column('shape')

    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.drop_column('commons_from')

    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_column('moves')

    with op.batch_alter_table('rule', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rule_member_id'))

    op.drop_table('rule')
    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_match_question_state'))
        batch_op.drop_index(batch_op.f('ix_match_question_connection_id'))

    op.drop_table('match_question')
