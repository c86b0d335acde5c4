"""Lines of the audit have digests, triggers keep them, and seals chain them"""

import hashlib
import json
import secrets

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0013'
down_revision = '0008'
branch_labels = None
depends_on = None

COLUMNS = ('id', 'at', 'run_id', 'actor', 'action', 'direction', 'opportunity_id', 'connection_id', 'remote_id', 'member_id',
           'moves', 'digest')
SAYS = 'The audit is append-only.'


def upgrade() -> None:
    op.add_column('audit', sa.Column('salt', sa.Text(), nullable=True))
    op.add_column('audit', sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_table('seal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.Column('upto', sa.BigInteger(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('erasure',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', hub.store.types.Moment(), nullable=True),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('values', sa.Integer(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    _digests(op.get_bind())
    if op.get_bind().dialect.name == 'sqlite':
        _sqlite()
    else:
        _postgresql()


def _digests(conn) -> None:
    """Lines that were there already: what they said when this version came."""
    audit = sa.table('audit', sa.column('id', sa.Integer), sa.column('at', hub.store.types.Moment),
                     *(sa.column(name) for name in COLUMNS[2:10]), sa.column('moves', sa.Boolean), sa.column('digest'),
                     sa.column('salt'), sa.column('note'), sa.column('values', sa.JSON(none_as_null=True)))
    after = 0
    while rows := conn.execute(sa.select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(1000)).all():
        done = []
        for row in rows:
            salt = secrets.token_hex(16)
            done.append({'line': row.id, 'salted': salt, 'made': _digest(row._mapping, salt)})
        conn.execute(sa.update(audit).where(audit.c.id == sa.bindparam('line'))
                     .values(salt=sa.bindparam('salted'), digest=sa.bindparam('made')), done)
        after = rows[-1].id


def _digest(row, salt) -> str:
    def leaf(name, value):
        return None if value is None else _sha(_sha(f'{salt}|{name}')[:32] + '|' + _dumps(value))

    at = row['at']
    parts = [at and at.isoformat(timespec='microseconds')]
    parts += [row[name] for name in COLUMNS[2:11]] + [leaf('note', row['note'])]
    for path, pair in sorted((row['values'] or {}).items()):
        sides = pair if isinstance(pair, list) else [pair]
        parts += [path, *(leaf(f'{path}#{side}', value) for side, value in enumerate(sides))]
    parts.append(row['values'] is None)
    return _sha(_dumps(parts))


def _dumps(value) -> str:
    from hub.store.engine import dumps

    return dumps(value)


def _sha(text) -> str:
    return hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()


def _sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    # A new line never has the number of one that stands: INSERT OR REPLACE would delete without asking the other trigger.
    op.execute(f'CREATE TRIGGER audit_stands BEFORE DELETE ON audit {refuse}')
    op.execute('CREATE TRIGGER audit_is_new BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) '
               + refuse)
    op.execute(f'CREATE TRIGGER audit_keeps BEFORE UPDATE OF {", ".join(f"{c}" for c in COLUMNS)} ON audit {refuse}')
    op.execute('CREATE TRIGGER audit_values BEFORE UPDATE ON audit '
               f'WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE "open") {refuse}')
    op.execute(f'CREATE TRIGGER seal_stands BEFORE DELETE ON seal {refuse}')
    op.execute(f'CREATE TRIGGER seal_keeps BEFORE UPDATE ON seal {refuse}')


def _postgresql() -> None:
    op.execute(f"CREATE FUNCTION hub_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$")
    columns = ', '.join(f'"{column}"' for column in COLUMNS)
    # The table is taken from the trigger's own schema: a restore runs with an empty search path.
    op.execute("CREATE FUNCTION hub_erasing_only() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE is_open boolean; BEGIN "
               "EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.erasure WHERE \"open\")', TG_TABLE_SCHEMA) INTO is_open; "
               f"IF NOT is_open THEN RAISE EXCEPTION '{SAYS}'; END IF; RETURN NEW; END $$")
    op.execute(f'CREATE TRIGGER audit_keeps BEFORE UPDATE OF {columns} ON audit EXECUTE FUNCTION hub_append_only()')
    op.execute('CREATE TRIGGER audit_values BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION hub_erasing_only()')
    for table in ('audit', 'seal'):
        op.execute(f'CREATE TRIGGER {table}_stands BEFORE DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION hub_append_only()')
    op.execute('CREATE TRIGGER seal_keeps BEFORE UPDATE ON seal EXECUTE FUNCTION hub_append_only()')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for name in ('audit_stands', 'audit_is_new', 'audit_keeps', 'audit_values', 'seal_stands', 'seal_keeps'):
            op.execute(f'DROP TRIGGER {name}')
    else:
        op.execute('DROP FUNCTION hub_append_only() CASCADE')
        op.execute('DROP FUNCTION hub_erasing_only() CASCADE')
    op.drop_table('erasure')
    op.drop_table('seal')
    op.drop_column('audit', 'digest')
    op.drop_column('audit', 'salt')
