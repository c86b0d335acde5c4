"""A proof from beginning to end: the throw-away hub around one connection, its steps, its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors import registry
from connectors.contract import Secret
from connectors.transport import Time
from hub.app import open_hub
from hub.config import Config, ConnectionConfig, MemberConfig
from hub.proving import report
from hub.proving.narrow import ProofHub, Scope
from hub.proving.partner import ID, MAPPING, Partner
from hub.proving.proof import PARTNER, Proof
from mappings import language


def prove(config: Config, name: str, *, say: Callable[[str], None], time: Time | None = None) -> tuple[Proof, str]:
    """Go through every step with the connection ``name`` of ``config``, telling each as it ends; the proof and its report.

    ``say`` gets a line a step. Writes one record to the connection's system and takes it away again; the
    hub's own database is not opened.
    """
    hidden = [value.reveal() for value in config.connections[name].options.values() if isinstance(value, Secret)]
    with TemporaryDirectory(prefix="commons-hub-proof-") as folder:
        partner = Partner(Path(folder) / "sheet")
        scope = Scope(name)
        hub = open_hub(_config(config, name, Path(folder)), time=time, kind=partial(ProofHub, scope))
        scope.column = hub.mapping(name).key
        proof = Proof(hub, scope, partner, lambda step: say(report.line(step, hidden)))
        try:
            proof.run()
        finally:
            hub.engine.dispose()
        system = registry.load(config.connections[name].system)
        return proof, report.text(proof, system.title, system.questions, hidden, hub.time.now())


def _config(config: Config, name: str, folder: Path) -> Config:
    """The connection as it is set up, importing whatever the partner shares and letting its edits count."""
    kind = language.load(config.connections[name].mapping, config.mapping_folders).kind
    (folder / "proof-partner.toml").write_text(f'extends = "{MAPPING}"\nkind = "{kind}"\n')
    own = replace(
        config.connections[name], shares=False, imports=(), inbox_for=None, edits="accept", follow="yes", deletes="ask",
        first_sync="go", paused=False,
    )  # fmt: skip
    options = {"path": str(folder / "sheet"), "id": ID, "writable": True}
    other = ConnectionConfig(
        PARTNER,
        PARTNER,
        "spreadsheet",
        str(folder / "proof-partner.toml"),
        options=options,
        shares=True,
        first_sync="go",
    )
    return replace(
        config,
        database=f"sqlite:///{folder / 'proof.db'}",
        members={own.member: config.members[own.member], PARTNER: MemberConfig(PARTNER, "Proof partner", "agreement")},
        connections={name: own, PARTNER: other},
        rules={},
        circles={},
        mail=None,
    )
