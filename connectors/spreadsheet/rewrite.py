"""Putting a changed file in the place of the old one, or leaving the old one as it is."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from connectors.contract import ConnectorError, Invalid, Unavailable
from connectors.spreadsheet.sheet import Change, Format, Options, format_of
from schemas.said import phrase


def digest(file: Path) -> bytes:
    """Tells one saved state of a file from another."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").digest()
    except OSError as error:
        raise Unavailable(
            phrase(
                "%(name)s cannot be read: %(strerror)s. Check that it is there and not locked.",
                name=file.name,
                strerror=error.strerror,
            )
        ) from None


def rewrite(file: Path, options: Options, changes: Sequence[Change], seen: bytes) -> dict[int, ConnectorError]:
    """Write beside, then put in place in one step: a reader sees the old file or the new, never half.

    ``seen``: digest of the file in which the changed rows were located. Gives the changes that cannot be
    held, by position; the others are written. ``Unavailable``: nothing was.
    """
    if (file.parent / f"~${file.name}").exists():
        raise Unavailable(phrase("%(name)s is open in Excel. Close it; the next sync writes.", name=file.name))
    try:
        content, refused = _content(format_of(file), file, options, changes)
        if content is not None:
            _replace(file, content, seen)
        return refused
    except OSError as error:
        raise Unavailable(
            phrase(
                "%(name)s cannot be written: %(strerror)s. Give the hub's user the right to, in its folder too.",
                name=file.name,
                strerror=error.strerror,
            )
        ) from None


def _content(
    format: Format, file: Path, options: Options, changes: Sequence[Change]
) -> tuple[bytes | None, dict[int, ConnectorError]]:
    refused: dict[int, ConnectorError] = {}

    def attempt(part: list[int]) -> bytes | None:
        """The file with these changes; None once some are refused, which halving finds."""
        try:
            return format.write(file, options, [changes[at] for at in part])
        except Invalid as error:
            if len(part) == 1:
                refused[part[0]] = error
                return None
        attempt(part[: len(part) // 2])
        attempt(part[len(part) // 2 :])
        return None

    content = attempt(list(range(len(changes))))
    kept = [at for at in range(len(changes)) if at not in refused]
    if content is None and kept:
        content = format.write(file, options, [changes[at] for at in kept])
    return content, refused


def _replace(file: Path, content: bytes, seen: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=file.suffix + ".part", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        os.chmod(name, file.stat().st_mode & 0o777)
        if digest(file) != seen:
            raise Unavailable(
                phrase("%(name)s was saved by someone else meanwhile. The next sync tries again.", name=file.name)
            )
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
