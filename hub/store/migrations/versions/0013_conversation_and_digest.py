"""What members say to each other at an opportunity, who wants which mail, and what a mail tells of whom"""

from datetime import UTC, datetime
from uuid import uuid5, NAMESPACE_URL

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('html', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('headers', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('about', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('reader', TEXT(), nullable=True))

    op.create_table('thread',
    sa.Column('id', TEXT(), nullable=False),
    sa.Column('opportunity_id', TEXT(), nullable=False),
    sa.Column('first_member', TEXT(), nullable=False),
    sa.Column('second_member', TEXT(), nullable=False),
    sa.Column('first_steward', sa.Boolean(), nullable=False),
    sa.Column('second_steward', sa.Boolean(), nullable=False),
    sa.Column('first_shown', sa.Boolean(), nullable=False),
    sa.Column('second_shown', sa.Boolean(), nullable=False),
    sa.Column('waits_for', TEXT(), nullable=True),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['first_member'], ['member.id'], ),
    sa.ForeignKeyConstraint(['opportunity_id'], ['opportunity.id'], ),
    sa.ForeignKeyConstraint(['second_member'], ['member.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_thread_opportunity_id'), ['opportunity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_thread_waits_for'), ['waits_for'], unique=False)

    op.create_table('post',
    sa.Column('id', TEXT(), nullable=False),
    sa.Column('thread_id', TEXT(), nullable=False),
    sa.Column('from_member', TEXT(), nullable=False),
    sa.Column('by', TEXT(), nullable=False),
    sa.Column('kind', TEXT(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('contact', sa.Boolean(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['from_member'], ['member.id'], ),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_post_by'), ['by'], unique=False)
        batch_op.create_index(batch_op.f('ix_post_thread_id'), ['thread_id'], unique=False)

    op.create_table('mail_wish',
    sa.Column('user_id', TEXT(), nullable=False),
    sa.Column('key', TEXT(), nullable=False),
    sa.Column('posts', sa.Boolean(), nullable=False),
    sa.Column('digest', TEXT(), nullable=False),
    sa.Column('since', hub.store.types.Moment(), nullable=True),
    sa.Column('due_at', hub.store.types.Moment(), nullable=True),
    sa.Column('left', sa.JSON(), nullable=True),
    sa.Column('message_id', TEXT(), nullable=True),
    sa.Column('began', hub.store.types.Moment(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], ),
    sa.PrimaryKeyConstraint('user_id')
    )
    with op.batch_alter_table('mail_wish', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mail_wish_due_at'), ['due_at'], unique=False)

    _words_so_far(op.get_bind())


def _words_so_far(conn: sa.Connection) -> None:
    """Recommendations and declined offers of stewardship are part of the conversation; their own rows stay as they are."""
    moment = hub.store.types.Moment
    said = [
        *conn.execute(sa.text(
            'SELECT r.id, r.opportunity_id, u.member_id AS sender, r.member_id AS reader, r.by, r.note AS word, r.at,'
            " 'recommendation' AS kind, o.steward_id FROM recommendation r JOIN \"user\" u ON u.id = r.by"
            ' JOIN opportunity o ON o.id = r.opportunity_id WHERE u.member_id <> r.member_id').columns(at=moment)),
        *conn.execute(sa.text(
            'SELECT h.id, h.opportunity_id, h.to_member AS sender, h.from_member AS reader, h.decided_by AS by,'
            " h.answer AS word, h.decided_at AS at, 'decline' AS kind, o.steward_id FROM handover h"
            " JOIN opportunity o ON o.id = h.opportunity_id WHERE h.state = 'declined' AND h.answer IS NOT NULL"
            ' AND h.decided_by IS NOT NULL').columns(at=moment)),
    ]
    threads: dict[tuple[str, frozenset[str]], str] = {}
    thread = sa.table('thread', *map(sa.column, (
        'id', 'opportunity_id', 'first_member', 'second_member', 'first_steward', 'second_steward', 'first_shown',
        'second_shown')), sa.column('at', moment))
    post = sa.table('post', *map(sa.column, ('id', 'thread_id', 'from_member', 'by', 'kind', 'text', 'contact')),
                    sa.column('at', moment))
    for row in sorted(said, key=lambda row: (row.at or datetime.min.replace(tzinfo=UTC), row.id)):
        pair = (row.opportunity_id, frozenset({row.sender, row.reader}))
        if pair not in threads:
            threads[pair] = str(uuid5(NAMESPACE_URL, f'thread {row.id}'))
            offer = row.kind == 'decline'  # whoever offered was the steward then
            conn.execute(thread.insert().values(
                id=threads[pair], opportunity_id=row.opportunity_id, first_member=row.sender, second_member=row.reader,
                first_steward=row.sender == row.steward_id and not offer,
                second_steward=offer or row.reader == row.steward_id, first_shown=False, second_shown=False, at=row.at))
        conn.execute(post.insert().values(
            id=str(uuid5(NAMESPACE_URL, f'post {row.id}')), thread_id=threads[pair], from_member=row.sender, by=row.by,
            kind=row.kind, text=row.word or '', contact=False, at=row.at))


def downgrade() -> None:
    op.drop_table('mail_wish')
    op.drop_table('post')
    op.drop_table('thread')
    with op.batch_alter_table('message', schema=None) as batch_op:
        for column in ('reader', 'about', 'headers', 'html'):
            batch_op.drop_column(column)
