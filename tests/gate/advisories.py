"""`make audit`: pip-audit on the lock file. Ends with 0 where nothing is known against it, and says so where it could not ask."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

AWAY = (
    "ConnectionError",
    "Max retries exceeded",
    "Failed to establish",
    "Name or service",
    "NameResolution",
    "ProxyError",
    "ServiceError",
)


def main(lock: str) -> int:
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "-r",
        lock,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and any(word in done.stderr for word in AWAY) and "Found" not in done.stderr:
        print(f"pip-audit could not ask for advisories: it needs the internet. Nothing is known about {lock}.")
        print(done.stderr.strip().splitlines()[-1][:300])
        return 0
    unasked = len(re.findall("could not be audited", done.stdout))
    pinned = len(re.findall(r"^[a-z0-9][\w.\-]*==", Path(lock).read_text(), re.M))
    print(done.stdout + done.stderr, end="")
    if unasked:
        print(
            f"Of {pinned} packages {unasked} could not be asked about, so nothing is known about those. It needs the internet."
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
