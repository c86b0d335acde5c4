"""Every setting of ``config.toml``: its name, its type, what it is for. ``config.example.toml`` documents the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the file names it: its type, what it is for, and what it is when left out."""

    name: str
    type: type | tuple[type, ...]
    help: str
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()


HUB = (
    Setting(
        "database", str, "Where the hub keeps its store: sqlite:///FILE or postgresql+psycopg://…", "sqlite:///hub.db"
    ),
    Setting("mappings", str, "A folder with mapping files of your own, looked into before the shipped ones."),
)
WEB = (
    Setting("host", str, "Address that the pages listen on.", "127.0.0.1"),
    Setting("port", int, "Port that the pages listen on.", 8000),
    Setting("public_url", str, "Address under which people reach the pages; goes into links.", ""),
    Setting(
        "proxies", int, "How many proxies of yours stand before the pages; what they say of the caller is believed.", 0
    ),
    Setting("calls_a_minute", int, "How often each token of a program may call in a minute; 0 for no limit.", 600),
    Setting("secret", str, "Signs forms: env:NAME or file:PATH. Without one, forms do not survive a restart."),
)
MAIL = (
    Setting("host", str, "Your mail server. Without this part of the file the hub sends no mail.", required=True),
    Setting("port", int, "587 for starttls, 465 for tls, 25 for none when left out."),
    Setting("tls", str, "How the way to it is kept private.", "starttls", choices=("starttls", "tls", "none")),
    Setting("user", str, "What the hub signs in there with, where it has to."),
    Setting("password", str, "env:NAME or file:PATH."),
    Setting("from", str, "Whom its mails come from: an address, or Name <address>.", required=True),
)
SIGN_IN = (
    Setting("issuer", str, "Your identity provider, as its OpenID Connect discovery document names itself: https://…"),
    Setting("client_id", str, "What the provider calls this hub."),
    Setting("client_secret", str, "env:NAME or file:PATH. Leave it out where the provider registered a public client."),
    Setting("title", str, "What people call the provider; stands on the button.", "your organisation's account"),
    Setting("local", str, "Whether passwords of the hub's own open it.", choices=("on", "break-glass", "off")),
    Setting("email", str, "The claim that holds a person's e-mail address.", "email"),
    Setting("verified", str, "The claim that says that it was verified; \"\" where all the provider's addresses are its own.", "email_verified"),
    Setting("acr", list, "Demanded levels of signing in, any of which will do: the provider's names for its second factor."),
    Setting("amr", list, "Demanded ways of signing in, any of which will do, like mfa or otp."),
    Setting("sign_out", str, "What signing out ends: the session here alone, or the one at the provider as well.", "hub", choices=("hub", "provider")),
    Setting("hosts", list, "Further hosts that the provider's addresses are at, where they are not at the issuer's."),
    Setting("allow_private", bool, "The provider is on a network of your own, or on this machine.", False),
)  # fmt: skip
RETENTION = (
    Setting("quarantine", int, "Days that the contents of records that cannot be translated are kept.", 14),
    Setting("runs", int, "Days that syncs, what they wrote and decided holds are kept.", 90),
    Setting("requests", int, "Days that is kept what syncs asked their systems.", 14),
    Setting("mails", int, "Days that is kept who was sent which mail.", 30),
    Setting("sign_ins", int, "Days that attempts to sign in are kept.", 30),
    Setting("hooks", int, "Days that the numbers of webhooks are kept.", 2),
    Setting("invitations", int, "Days that invitations that are over are kept.", 90),
)
MEMBER = (
    Setting("name", str, "The member as others see it.", required=True),
    Setting("lawful_basis", str, "Why its projects may be listed without a consent each; recorded by the operator."),
    Setting(
        "hosts",
        list,
        "Hosts that the member's own file may reach, like *.my.salesforce.com; without it any public one.",
    ),
    Setting("alerts", dict, "How its admins are told of trouble, beside mail: [members.NAME.alerts]."),
)
ALERTS = (
    Setting("mail", bool, "Tell by mail.", True),
    Setting("webhook", str, "Tell by a webhook too: env:NAME or file:PATH of its whole address, which is a secret."),
    Setting("form", str, "What the webhook understands.", "json", choices=("json", "slack", "teams")),
    Setting("secret", str, "Signs what is sent as json (Standard Webhooks): env:NAME or file:PATH."),
    Setting("ends", dict, "When what a connection signs in with ends, by its name; told two weeks before."),
    Setting("allow_private", bool, "The webhook may lead to a network of your own.", False),
)
LOG = (
    Setting(
        "format", str, "json or plain; without it plain on a terminal and json elsewhere.", choices=("json", "plain")
    ),
    Setting("level", str, "The least that is logged.", "info", choices=("debug", "info", "warning", "error")),
    Setting("file", str, "A file to write to, beside this one; without it standard error."),
)
METRICS = (Setting("listen", str, "HOST:PORT at which Prometheus reads /metrics; without it nothing listens."),)
CONNECTION = (
    Setting("member", str, "The member that it belongs to.", required=True),
    Setting("system", str, "Which connector speaks to it; see `hub connectors`.", required=True),
    Setting("mapping", str, "A shipped mapping's name, or a file.", required=True),
    Setting("shares", bool, "Records ticked for sharing there become opportunities.", False),
    Setting("inbox_for", str, "It is an inbox: what saved searches find is written there, and taking it up imports it into this connection."),
    Setting("edits", str, "What an edit of another steward's facts means.", "keep", choices=("keep", "suggest", "accept", "reset")),
    Setting("follow", str, "Whether imported records take over later changes of a project's facts.", "yes", choices=("yes", "ask", "no")),
    Setting("deletes", str, "What follows when the steward's own record is deleted there.", "ask", choices=("ask", "withdraw", "keep")),
    Setting("first_sync", str, "Whether the first sync waits for a look.", "preview", choices=("preview", "go")),
    Setting("every", str, "How often it syncs: 30s, 5m, 2h.", "5m"),
    Setting("importer", str, "E-mail of the officer who owns records that a rule imports."),
    Setting("paused", bool, "Keep it set up and do not sync it.", False),
    Setting("hook_secret", str, "What signs the webhooks by which its system says that something changed: env:NAME or file:PATH."),
    Setting("speaks_for", str, "Where the system is another commons: the member of this hub whose disclosed position goes there."),
    Setting("allow_http", bool, "Talk to it without TLS. Only for a system on a network of your own, or on this machine.", False),
    Setting("allow_private", bool, "Its system is on a network of your own, or on this machine.", False),
    Setting("import", list, "Standing import rules: [[connections.NAME.import]], or import = \"all\"."),
    Setting("options", dict, "What its connector needs; see `hub connectors`."),
)  # fmt: skip
IMPORT = (
    Setting("kind", str, "project or call.", choices=("project", "call")),
    Setting("themes", list, "Any of these theme codes."),
    Setting("countries", list, "Any of these ISO 3166-1 codes."),
)
PARTS = frozenset(
    {
        "hub",
        "web",
        "sign_in",
        "mail",
        "log",
        "metrics",
        "alerts",
        "retention",
        "members",
        "circles",
        "connections",
        "rules",
    }
)
TABLES = {
    "hub": HUB,
    "web": WEB,
    "sign_in": SIGN_IN,
    "mail": MAIL,
    "log": LOG,
    "metrics": METRICS,
    "alerts": ALERTS,
    "retention": RETENTION,
    "members": MEMBER,
    "connections": CONNECTION,
    "import": IMPORT,
}
"""Every setting; ``config.example.toml`` documents them all, and a test compares the two."""
WORDS = {"str": "text in quotes", "int": "whole number", "bool": "true or false", "list": "list", "dict": "table"}
"""What a type is called in a sentence."""
