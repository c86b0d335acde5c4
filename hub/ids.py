"""Where ids come from: the clock and randomness are passed in, so that a seed can decide both."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from datetime import datetime


class Ids:
    """Makes ids. ``bits`` gives that many random bits; by default the system's own source."""

    def __init__(self, now: Callable[[], datetime], bits: Callable[[int], int] = secrets.randbits) -> None:
        self._now = now
        self._bits = bits

    @classmethod
    def seeded(cls, now: Callable[[], datetime], seed: int) -> Ids:
        return cls(now, random.Random(seed).getrandbits)  # noqa: S311 - for tests and the demo

    def uuid7(self) -> str:
        """A version 7 UUID (RFC 9562, section 5.7): sorts by the millisecond it was made."""
        milliseconds = int(self._now().timestamp() * 1000)
        number = (milliseconds & (2**48 - 1)) << 80 | self._bits(74)
        low, high = number & (2**62 - 1), (number >> 62) & (2**12 - 1)
        text = f"{(number >> 80) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def number(self) -> int:
        """A random 53-bit number, for systems whose key columns take integers only (2^53 is where
        JavaScript and many spreadsheets stop counting exactly)."""
        return self._bits(53) or 1

    def token(self) -> str:
        """256 random bits as hex, for sessions and invitations."""
        return f"{self._bits(256):064x}"
