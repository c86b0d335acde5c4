"""What is set up, as every part of the hub sees it: members, connections, rules. ``hub.config_files`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from connectors.contract import Secret
from hub import operating
from hub.commons.criteria import Criteria
from hub.mail.settings import MailConfig
from hub.people.settings import SignInConfig
from hub.retention import Retention

Edits = Literal["keep", "suggest", "accept", "reset"]
Follow = Literal["yes", "ask", "no"]


class ConfigError(ValueError):
    """The configuration cannot be used. ``problems``: sentences, each with file and line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class MemberConfig:
    """``hosts``: those that the member's own file may reach; None for any public one."""

    id: str
    name: str
    lawful_basis: str | None = None
    hosts: tuple[str, ...] | None = None
    alerts: operating.Alerts = operating.USUAL.alerts


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """``imports``: standing rules; None imports by hand only, an empty tuple everything. ``every`` in seconds.
    ``inbox_for``: the connection that a candidate is imported into; None where this is no inbox. ``speaks_for``: the member
    whose disclosed position is written there, where the system is another commons."""

    name: str
    member: str
    system: str
    mapping: str
    options: Mapping[str, Any] = field(default_factory=dict)
    shares: bool = False
    imports: tuple[Criteria, ...] | None = None
    inbox_for: str | None = None
    edits: Edits = "keep"
    follow: Follow = "yes"
    deletes: Literal["ask", "withdraw", "keep"] = "ask"
    first_sync: Literal["preview", "go"] = "preview"
    every: float = 300
    importer: str | None = None
    paused: bool = False
    allow_http: bool = False
    allow_private: bool = False
    hook_secret: Secret | None = None
    speaks_for: str | None = None

    @property
    def door(self) -> bool:
        """Its records come in sheets that people bring; there is no system to call."""
        return bool(self.options.get("door"))


@dataclass(frozen=True, slots=True)
class Config:
    """``rules``: for a path, the connections whose word counts, best first. ``circles``: members by the name of the circle
    that one may share with. ``digest`` tells two configurations apart."""

    database: str
    members: Mapping[str, MemberConfig]
    connections: Mapping[str, ConnectionConfig]
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    circles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    mapping_folders: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    proxies: int = 0
    calls_a_minute: int = 600
    secret: Secret | None = None
    mail: MailConfig | None = None
    sign_in: SignInConfig = field(default_factory=SignInConfig)
    operating: operating.Operating = operating.USUAL
    retention: Retention = field(default_factory=Retention)
    path: Path | None = None
    digest: str = ""
