"""The commons as files to take away: what is in each format, what is lost in it, and the file itself, a piece at a time."""

from __future__ import annotations

from hub.exports.files import FORMATS, KINDS, export, losses
from hub.exports.reader import Losses, Reader

__all__ = ["FORMATS", "KINDS", "Losses", "Reader", "export", "losses"]
