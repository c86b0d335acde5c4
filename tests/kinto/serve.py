"""Kinto as a process of its own, on a port that the machine picks and the first line of output names.

One thread serves all requests: its memory backend checks ``If-Match`` and writes in two steps.
"""

from __future__ import annotations

import os
import sys
import threading

import kinto
from waitress import create_server

SETTINGS = {
    "kinto.userid_hmac_secret": "for tests only",
    "kinto.storage_backend": "kinto.core.storage.memory",
    "kinto.cache_backend": "kinto.core.cache.memory",
    "kinto.permission_backend": "kinto.core.permission.memory",
    "kinto.includes": "kinto.plugins.accounts kinto.plugins.history",
    "kinto.account_create_principals": "system.Everyone",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
    "kinto.experimental_collection_schema_validation": "true",
}


def _end_with_parent() -> None:
    """Standard input ends with the process that started this one, however that ends."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = create_server(kinto.main({}, **SETTINGS), host="127.0.0.1", port=0, threads=1)
    print(server.effective_port, flush=True)
    server.run()
