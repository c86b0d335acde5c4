"""`make audit`: pip-audit on the lock file.

Ends with 0 where all of it was asked about and nothing is known against it, 1 where something is, 3 where it could not all be
asked: what nobody asked about must not look like what is sound.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SOUND, KNOWN, UNASKED = 0, 1, 3
SAID = "It needs the internet; make audit OFFLINE=1 looks at our own code alone."
COMMAND = (
    "-m",
    "pip_audit",
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner",
    "off",
    "--format",
    "json",
    "-r",
)


def main(lock: str) -> int:
    done = subprocess.run([sys.executable, *COMMAND, lock], capture_output=True, text=True, check=False)
    pinned = set(re.findall(r"^([a-z0-9][\w.\-]*)==", Path(lock).read_text(encoding="utf-8"), re.M))
    try:
        found = json.loads(done.stdout)
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        print(f"pip-audit could not ask for advisories, so nothing is known about {lock}. {SAID}\n{why[:300]}")
        return UNASKED
    code, said = judged(found, pinned)
    print(said)
    return code


def judged(found: Mapping[str, Any], pinned: set[str]) -> tuple[int, str]:
    """The exit code and the words for what pip-audit found out about the packages that the lock file pins."""
    asked = {one["name"]: one for one in found["dependencies"] if "skip_reason" not in one}
    known = [
        f"{name} {one['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'no version yet'}"
        for name, one in sorted(asked.items())
        for weakness in one["vulns"]
    ]
    silent = sorted(pinned - set(asked))
    said = [
        *known,
        f"Of {len(pinned)} packages {len(pinned) - len(silent)} were asked about, {len(known)} weaknesses known.",
    ]
    if silent:
        said.append(f"Nothing is known about the other {len(silent)}: {', '.join(silent)}. {SAID}")
    return KNOWN if known else UNASKED if silent or not pinned else SOUND, "\n".join(said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
