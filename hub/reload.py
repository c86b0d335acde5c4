"""A configuration that changes while the hub runs: a valid one is taken up, an invalid one is refused and the old stays in force."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub import redact
from hub.app import Hub
from hub.config import Config, ConfigError
from hub.configured import configured, files

log = logging.getLogger("hub.reload")
FIXED = ("database", "host", "port", "public_url", "proxies", "secret", "sign_in")
"""Settings that a running process cannot change: sockets, sessions and the store hang on them."""
State = tuple[tuple[Path, int, int], ...]


class Files:
    """Looks at the files of a hub's configuration, whenever it is told to."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known = self._before = _state(hub.config)

    def look(self) -> None:
        """Take up what is new. Files that changed since the last look are left for the next one: somebody is saving them."""
        if self._hub.config.path is None:
            return
        now, before = _state(self._hub.config), self._before
        self._before = now
        if now == self._known or now != before:
            return
        self._known = now
        self._take(self._hub.config.path)

    def _take(self, path: Path) -> None:
        hub = self._hub
        try:
            new = configured(path)
        except (ConfigError, OSError, UnicodeDecodeError) as error:
            hub.refused = error.problems if isinstance(error, ConfigError) else (f"{path.name}: {error}",)
            log.error(
                "The changed configuration is refused, and the one before stays in force: %s", " ".join(hub.refused)
            )
            return
        later = [name for name in FIXED if getattr(new, name) != getattr(hub.config, name)]
        kept: dict[str, Any] = {name: getattr(hub.config, name) for name in later}
        begun = hub.config.operating
        for name in ("log", "metrics"):
            if getattr(new.operating, name) != getattr(begun, name):
                later.append(name)
        kept["operating"] = replace(new.operating, log=begun.log, metrics=begun.metrics)
        hub.take(replace(new, **kept))
        redact.hide(new)
        hub.refused = ()
        hub.at_restart = tuple(later)
        self._known = self._before = _state(hub.config)
        log.info("The changed configuration is in force.")
        if later:
            log.warning("These settings take effect when the hub is started anew: %s.", ", ".join(later))


def _state(config: Config) -> State:
    """When each file was last written, and how long it is."""
    found = []
    for file in files(config):
        try:
            stat = file.stat()
            found.append((file, stat.st_mtime_ns, stat.st_size))
        except OSError:
            found.append((file, 0, 0))
    return tuple(found)
