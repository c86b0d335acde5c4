"""Whom a hub behind a proxy takes its callers for."""

from __future__ import annotations

import re
import sqlite3

import pytest
import requests

from tests.town import Town


@pytest.mark.parametrize(("setting", "seen"), [("", "127.0.0.1"), ("proxies = 1\n", "203.0.113.7")])
def test_a_callers_address_comes_from_a_proxy_only_where_one_is_declared(town: Town, setting: str, seen: str) -> None:
    town.change("[web]\n", f"[web]\n{setting}")
    with town.serving() as url, requests.Session() as browser:
        page = browser.get(f"{url}/sign-in", timeout=10).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        form = {"csrf_token": token[1], "email": "x@y.test", "password": "wrong"}
        forwarded = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7"}  # the first is what a caller may claim
        assert browser.post(f"{url}/sign-in", data=form, headers=forwarded, timeout=10).status_code == 401
    with sqlite3.connect(town.folder / "hub.db") as store:
        assert store.execute("SELECT address FROM sign_in_attempt").fetchall() == [(seen,)]
    store.close()
