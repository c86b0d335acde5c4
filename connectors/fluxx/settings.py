"""The options of a connection, checked: what cannot be known of a site for sure is one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.contract import Invalid, Secret, Settings
from schemas.said import phrase

SOURCE = "commons-hub"
LAG = 300.0
"""Seconds that an update may wait for the index that lists are made from (Fluxx REST API v2 guide, "Priority_index")."""


@dataclass(frozen=True, slots=True)
class Site:
    """``columns``: core columns beyond those in ``fields``. ``since`` says how changes are asked for: by ``day``, by
    ``second``, or ``never`` (everything each time)."""

    url: str
    client_id: str
    client_secret: Secret
    model_theme: int | None = None
    source: str = SOURCE
    columns: tuple[str, ...] = ()
    since: str = "day"
    lag: float = LAG
    priority_index: bool = True
    waits_for_locks: bool = True
    asks_for_deleted: bool = True
    page: str | None = None


def site(settings: Settings) -> Site:
    """``Invalid`` names the option that is missing or makes no sense."""
    for name in ("url", "client_id", "client_secret"):
        if not settings.get(name):
            raise Invalid(
                phrase(
                    "Connection %(connection)s lacks the option %(name)s.",
                    connection=repr(settings.connection),
                    name=repr(name),
                ),
                (name,),
            )
    secret, lag = settings.get("client_secret"), _whole(settings, "lag")
    return Site(
        url=str(settings.get("url")).rstrip("/"),
        client_id=str(settings.get("client_id")),
        client_secret=secret if isinstance(secret, Secret) else Secret(str(secret)),
        model_theme=_whole(settings, "model_theme"),
        source=str(settings.get("source", SOURCE) or ""),
        columns=_names(settings.get("columns")),
        since=_one_of(settings, "since", "day", "second", "never"),
        lag=LAG if lag is None else float(lag),
        priority_index=str(settings.get("priority_index", True)).lower() != "false",
        waits_for_locks=_one_of(settings, "locked", "wait", "write") == "wait",
        asks_for_deleted=_one_of(settings, "deleted", "ask", "leave") == "ask",
        page=settings.get("page") or None,
    )


def _whole(settings: Settings, name: str) -> int | None:
    given = settings.get(name)
    if given in (None, ""):
        return None
    if isinstance(given, bool) or not str(given).isdecimal():
        raise Invalid(
            phrase(
                "Connection %(connection)s: %(name)s is %(given)s, and should be a whole number.",
                connection=repr(settings.connection),
                name=name,
                given=repr(given),
            ),
            (name,),
        )
    return int(given)


def _one_of(settings: Settings, name: str, *choices: str) -> str:
    given = settings.get(name) or choices[0]
    if given not in choices:
        raise Invalid(
            phrase(
                "Connection %(connection)s: %(name)s is %(given)s. One of: %(choices)s.",
                connection=repr(settings.connection),
                name=name,
                given=repr(given),
                choices=", ".join(choices),
            ),
            (name,),
        )
    return str(given)


def _names(given: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in ([given] if isinstance(given, str) else given or ()) if name)
