"""What the configuration names and must not hold: secrets, as ``env:NAME`` or ``file:PATH``; and what a member's own part of
it may name at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.contract import Secret

OTHERS = stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Reach:
    """What one file may name. ``folder``: where its relative paths begin. ``owner``: the member whose part it is; None for the
    operator's own file, which may name everything."""

    folder: Path
    owner: str | None = None
    members: Collection[str] = ()

    def path(self, name: str) -> Path:
        """A file that is named. A member's part names those below the folder with its own name only, links followed;
        ``ValueError`` for any other."""
        path = self.folder / name
        if self.owner is not None:
            own = (self.folder / self.owner).resolve()
            if not path.resolve().is_relative_to(own):
                raise ValueError(
                    f"members/{self.owner}.toml may name files below members/{self.owner}/ only, not {name}. "
                    f'Put it there and write "{self.owner}/{Path(name).name}".'
                )
        return path

    def shared(self, name: str) -> Path:
        """As ``path``, or what the operator keeps for all members beside ``members``: mappings and declarations."""
        path = self.folder / name
        beside = self.folder.parent.resolve()
        if self.owner is not None and path.resolve().is_relative_to(beside) and not path.resolve().is_relative_to(self.folder.resolve()):  # fmt: skip
            return path
        return self.path(name)

    def variable(self, name: str) -> str:
        """An environment variable that is named; ``ValueError`` for one that may be another's."""
        if self.owner is not None:
            mine = prefix(self.owner)
            others = [p for p in map(prefix, self.members) if len(p) > len(mine) and name.startswith(p)]
            if not name.startswith(mine) or others:
                raise ValueError(f"{self.owner} may use environment variables that start with {mine} only"
                                 + (f", and not those of another member, which start with {others[0]}." if others else "."))  # fmt: skip
        return name

    def secret(self, setting: str, reference: str, environ: Mapping[str, str], suggested: str) -> Secret:
        """``ValueError`` says what is wrong with the reference and what to write; never what it leads to."""
        kind, _, name = reference.partition(":")
        if kind not in ("env", "file") or not name:
            raise ValueError(
                f'"{setting}" is a secret and must not stand in this file. Put it into an environment '
                f'variable and write "env:{suggested}", or into a file and write "file:PATH".'
            )
        try:
            if kind == "file":
                return Secret(_text(self.path(name), name), reference)
            if value := environ.get(self.variable(name)):
                return Secret(value, reference)
        except ValueError as error:
            raise ValueError(f'"{setting}": {error}') from None
        raise ValueError(f'"{setting}": the environment variable {name} is not set. Set it before starting the hub.')


def prefix(member: str) -> str:
    """What the environment variables of a member begin with."""
    return f"HUB_{member.upper().replace('-', '_')}_"


def _text(path: Path, name: str) -> str:
    try:
        if os.name == "posix" and path.stat().st_mode & OTHERS:
            raise ValueError(f"everyone on this machine may read the file {name}. Run `chmod 600 {path}`.")
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"the file {name} is no text in UTF-8.") from None
    except OSError as error:
        raise ValueError(f"the file {name} cannot be read ({error.strerror}).") from None
