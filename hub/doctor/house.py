"""The program, its configuration, and the files around it."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Generator, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from connectors.contract import Secret
from hub import configured, redact
from hub.config import Config, ConfigError
from hub.doctor.found import Found, fail, look, ok
from hub.languages import Catalogues
from mappings import check as mapping_check

LEAST_PYTHON = (3, 11)
LEAST_ROOM = 500 * 2**20
"""Bytes on the database's disk. A backup and a migration each need about as much as the database has."""


def python() -> Found:
    said = f"Python {platform.python_version()} on {platform.system()} {platform.release()}"
    if sys.version_info[:2] < LEAST_PYTHON:
        return fail("program", "Python", said, "Install Python 3.11 or newer, and make the environment anew.")
    return ok("program", "Python", said)


def program() -> Found:
    return ok("program", "Commons Hub", f"version {version('commons-hub')}, in {sys.prefix}")


def configuration(path: Path, environ: Mapping[str, str]) -> Generator[Found, None, Config | None]:
    """Its problems, each with its line; what it says where it has none."""
    try:
        config = configured.configured(path, environ)
    except ConfigError as error:
        for problem in error.problems:
            yield fail("configuration", path.name, problem, "Change that line; it says how.")
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        yield fail(
            "configuration", path.name, f"It cannot be read: {why}.", "Give the hub's user the right to read it."
        )
        return None
    redact.hide(config)
    told = f"valid: {len(config.members)} members, {len(config.connections)} connections"
    yield ok("configuration", path.name, told)
    if not config.public_url.startswith("https://"):
        yield look("configuration", "public address", f"{config.public_url} has no TLS.",
                   "For more than a trial put a proxy with TLS before the hub and set [web] public_url; see docs/deploy.")  # fmt: skip
    if config.secret is None:
        yield look("configuration", "[web] secret", "It is not set: forms that are open over a restart have to be filled in again.",
                   "Set it to env:HUB_SECRET, and that to 32 random bytes or more.")  # fmt: skip
    return config


def secrets(config: Config) -> Iterator[Found]:
    """That they are there and guarded, by where they come from; never what they are."""
    found = {secret.reference: secret for secret in redact.secrets_of(config) if secret.reference}
    yield ok(
        "secrets", "references", ", ".join(sorted(found)) + " are set." if found else "The configuration names none."
    )
    for reference, secret in sorted(found.items()):
        if not secret.reveal().strip():
            yield fail("secrets", reference, "It is empty.", "Set it again.")
        if reference.startswith("file:"):
            yield from _file_of(config, reference, secret)


def _file_of(config: Config, reference: str, secret: Secret) -> Iterator[Found]:
    folder = (config.path or Path()).parent
    places = [folder / reference[5:], folder / "members" / reference[5:]]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return
    yield from _guarded("secrets", reference, path, 0o077, "fail", "chmod 600")


def files(config: Config) -> Iterator[Found]:
    for file in configured.files(config):
        yield from _guarded("files", file.name, file, 0o022, "fail", "chmod go-w")
    database = _sqlite(config)
    if database is None:
        return
    if database.exists():
        yield from _guarded("files", database.name, database, 0o027, "look", "chmod 640")
    folder = database.parent
    if not os.access(folder, os.W_OK):
        yield fail(
            "files",
            str(folder),
            "The hub cannot write there.",
            f"Give the user that runs it the folder: chown hub {folder}",
        )
        return
    free = shutil.disk_usage(folder).free
    needed = max(LEAST_ROOM, 2 * database.stat().st_size if database.exists() else 0)
    said = f"{free // 2**20} MB free where the database is"
    if free < needed:
        yield fail("files", "disk", said, f"Make room: {needed // 2**20} MB are needed for a backup or a migration.")
    else:
        yield ok("files", "disk", said)


def _guarded(part: str, name: str, path: Path, closed: int, state: str, how: str) -> Iterator[Found]:
    """Whether others on this machine may do what is ``closed`` to them. Windows tells this in another way."""
    if os.name != "posix":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & closed:
        say = fail if state == "fail" else look
        what = "changed" if mode & closed & 0o022 else "read"
        yield say(part, name, f"It can be {what} by others on this machine (mode {mode:o}).", f"{how} {path}")
    else:
        yield ok(part, name, f"guarded (mode {mode:o})")


def _sqlite(config: Config) -> Path | None:
    path = config.database.removeprefix("sqlite:///")
    return Path(path) if path != config.database and path and path != ":memory:" else None


def mappings(config: Config) -> Iterator[Found]:
    for name in sorted({connection.mapping for connection in config.connections.values()}):
        findings = mapping_check.check(name, folders=config.mapping_folders)
        wrong = [f for f in findings if f.severity == "error"]
        for finding in wrong:
            yield fail(
                "mappings",
                Path(name).name,
                f"{Path(finding.file).name}:{finding.line}: {finding.message}",
                "Change that line.",
            )
        if not wrong:
            yield ok("mappings", Path(name).name, f"valid, {len(findings)} remarks (`hub mapping check` shows them)")


def languages() -> Iterator[Found]:
    """Each catalogue is read, as the pages will."""
    for name, file in Catalogues().files.items():
        try:
            with file.open("rb") as text:
                texts = len(read_po(text, abort_invalid=True))
        except (OSError, PoFileError, ValueError) as error:
            yield fail("languages", name, f"{file} cannot be read ({error}), so its pages break.", "Install the package anew.")  # fmt: skip
        else:
            yield ok("languages", name, f"{texts} texts")
