"""Where a request comes from, as far as a person needs it to tell its own sessions from a stranger's."""

from __future__ import annotations

import re

from flask import request

from hub.people.accounts import Visit

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
"""What stands in a user agent, the more particular first: most call themselves Chrome and Safari as well."""
SYSTEMS = (("Android", "Android"), ("iPhone|iPad", "iOS"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux|X11", "Linux"))  # fmt: skip


def visit(way: str) -> Visit:
    return Visit(request.remote_addr or "", browser(request.headers.get("User-Agent", "")), way)


def browser(agent: str) -> str:
    """A browser and a system, both known by name; empty where neither is. No more of it is kept."""
    found = [next((name for sign, name in table if re.search(sign, agent)), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name)
