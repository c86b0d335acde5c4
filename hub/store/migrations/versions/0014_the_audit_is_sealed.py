"""Lines of the audit have salts, triggers keep them, and seals chain them"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import hub.store.types

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

COLUMNS = ('id', 'at', 'run_id', 'actor', 'action', 'direction', 'opportunity_id', 'connection_id', 'remote_id', 'member_id',
           'moves')
SAYS = 'The audit is append-only.'


def upgrade() -> None:
    op.add_column('audit', sa.Column('salt', sa.Text(), nullable=True))
    op.create_table('seal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.Column('upto', sa.BigInteger(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('marks', sa.LargeBinary(), nullable=False),
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
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('UPDATE audit SET salt = lower(hex(randomblob(16)))')
        _sqlite()
    else:
        op.execute("UPDATE audit SET salt = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')")
        _postgresql()


def _sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    # A new line never has the number of one that stands: INSERT OR REPLACE would delete without asking the other trigger.
    op.execute(f'CREATE TRIGGER audit_stands BEFORE DELETE ON audit {refuse}')
    op.execute('CREATE TRIGGER audit_is_new BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) '
               + refuse)  # nosec B608
    op.execute(f'CREATE TRIGGER audit_keeps BEFORE UPDATE OF {", ".join(COLUMNS)} ON audit {refuse}')
    op.execute('CREATE TRIGGER audit_values BEFORE UPDATE ON audit '
               f'WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE "open") {refuse}')  # nosec B608
    op.execute(f'CREATE TRIGGER seal_stands BEFORE DELETE ON seal {refuse}')
    op.execute(f'CREATE TRIGGER seal_keeps BEFORE UPDATE ON seal {refuse}')


def _postgresql() -> None:
    op.execute(f"CREATE FUNCTION hub_append_only() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$")
    columns = ', '.join(f'"{column}"' for column in COLUMNS)
    # The table is taken from the trigger's own schema: a restore runs with an empty search path.
    op.execute("CREATE FUNCTION hub_erasing_only() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE is_open boolean; BEGIN "
               "EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.erasure WHERE \"open\")', TG_TABLE_SCHEMA) INTO is_open; "
               f"IF NOT is_open THEN RAISE EXCEPTION '{SAYS}'; END IF; RETURN NEW; END $$")  # nosec B608
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
    op.drop_column('audit', 'salt')
