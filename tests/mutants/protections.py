"""``python -m tests.mutants.protections``: each protection taken away in a copy, and whether its test notices."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.gate import copied
from tests.mutants.named import Mutant

GUARD, PROVIDER, ADDRESSES, ACCOUNTS = (
    "hub/web/guard.py",
    "hub/people/provider.py",
    "connectors/addresses.py",
    "hub/people/accounts.py",
)
SAFETY, REQUESTS, SESSIONS, SIGNING_IN = (
    "tests/web/test_safety.py",
    "tests/gate/test_requests.py",
    "tests/gate/test_sessions.py",
    "tests/gate/test_provider.py",
)
REACHED, STARTING, HOOKS, CHAIN = (
    "tests/connectors/test_transport_addresses.py",
    "tests/gate/test_start.py",
    "tests/web/test_hooks.py",
    "tests/store/test_chain.py",
)
UNSIGNED = f"{HOOKS}::test_whatever_nobody_signed_is_answered_as_if_there_were_no_such_connection"
NOTICED, SURVIVED, TOO_LONG, NOT_RUN = "noticed", "SURVIVED", "TOO LONG", "NOT RUN"
LONGEST = 900.0
"""Seconds for one test, whatever it usually takes."""

PROTECTIONS: tuple[tuple[Mutant, str], ...] = (
    (
        Mutant(
            "no token in forms",
            "hub/web/app.py",
            "        WTF_CSRF_TIME_LIMIT=None,",
            "        WTF_CSRF_ENABLED=False, WTF_CSRF_TIME_LIMIT=None,",
        ),
        f"{SAFETY}::test_no_form_works_without_its_token",
    ),
    (
        Mutant("forms from other sites", GUARD, 'return site in ("same-origin", "none")', "return True"),
        f"{SAFETY}::test_a_form_from_another_site_is_refused_even_with_a_token",
    ),
    (
        Mutant(
            "the origin is not looked at",
            GUARD,
            'return origin is None or (origin != "null" and urlsplit(origin).netloc == request.host)',
            "return True",
        ),
        f"{SAFETY}::test_a_form_from_another_site_is_refused_even_with_a_token",
    ),
    (
        Mutant(
            "no role is asked for",
            GUARD,
            "        if not access.may(g.user, request.endpoint):\n            abort(403)\n",
            "",
        ),
        "tests/web/test_access.py",
    ),
    (
        Mutant(
            "nobody has to sign in",
            GUARD,
            "        if access.POLICY[request.endpoint] == access.PUBLIC:\n",
            "        if access.POLICY[request.endpoint]:\n",
        ),
        "tests/web/test_access.py",
    ),
    (
        Mutant(
            "other members' connections are shown",
            "hub/access.py",
            'return connection.member == user.member_id or "operator" in user.roles',
            "return True",
        ),
        "tests/web/test_access.py",
    ),
    (
        Mutant(
            "queries show every opportunity",
            "hub/store/visible.py",
            "    return or_(and_(published, audience), t.c.steward_id == member_id) & ~gone\n",
            "    return or_(published, audience) & ~gone\n",
        ),
        "tests/store/test_finding.py",
    ),
    (
        Mutant("no brake on guessing", ACCOUNTS, "TRIES = 10\n", "TRIES = 10**6\n"),
        f"{SAFETY}::test_guessing_is_braked_for_all_processes_and_ends_by_itself",
    ),
    (
        Mutant(
            "guesses do not stand for the next",
            ACCOUNTS,
            "    if here > TRIES or from_address > TRIES_OF_ADDRESS or from_strangers > TRIES_OF_STRANGERS:\n",
            "    if here > 10**6:\n",
        ),
        SESSIONS,
    ),
    (
        Mutant(
            "the session before lives on",
            "hub/web/sign_in.py",
            "    if old := request.cookies.get(cookie()):\n        accounts.sign_out(hub(), old)\n",
            "",
        ),
        f"{SESSIONS}::test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in",
    ),
    (
        Mutant(
            "a common password is taken",
            ACCOUNTS,
            "is_common(password, (email, name)):",
            "is_common(password, (email, name)) and not password:",
        ),
        "tests/gate/test_common_passwords.py",
    ),
    (
        Mutant("any nonce will do", PROVIDER, 'params = {"nonce": nonce, ', "params = {"),
        f"{SIGNING_IN}::test_a_token_that_does_not_hold_lets_nobody_in",
    ),
    (
        Mutant(
            "any audience will do",
            PROVIDER,
            '"aud": {"essential": True, "value": self.config.client_id},',
            '"aud": {"essential": True},',
        ),
        f"{SIGNING_IN}::test_a_token_that_does_not_hold_lets_nobody_in",
    ),
    (
        Mutant(
            "any issuer will do",
            PROVIDER,
            '"iss": {"essential": True, "value": self.config.issuer},',
            '"iss": {"essential": True},',
        ),
        f"{SIGNING_IN}::test_a_token_that_does_not_hold_lets_nobody_in",
    ),
    (
        Mutant(
            "the signature is not looked at",
            PROVIDER,
            '        if header.get("alg") not in SIGNED:\n            raise ValueError("not a signature of the provider\'s")\n',
            "        return jwt.Token(dict(header), __import__('json').loads(jws.extract_compact(text.encode()).payload))\n",
        ),
        f"{SIGNING_IN}::test_a_token_that_does_not_hold_lets_nobody_in",
    ),
    (
        Mutant("an answer of any provider", PROVIDER, 'given.get("iss") != self.config.issuer:', "not given:"),
        f"{SIGNING_IN}::test_an_answer_of_another_provider_is_not_mixed_up_with_ours",
    ),
    (
        Mutant(
            "inner addresses are called",
            ADDRESSES,
            "    return address.is_global and not address.is_multicast\n",
            "    return True\n",
        ),
        f"{REACHED}::test_a_name_that_leads_inside_is_refused",
    ),
    (
        Mutant(
            "localhost leads anywhere",
            ADDRESSES,
            "            return address.is_loopback and self._allow_loopback\n",
            "            return True\n",
        ),
        f"{REACHED}::test_localhost_must_lead_to_loopback",
    ),
    (
        Mutant(
            "credentials cross to another origin",
            "connectors/transport.py",
            "headers = request.headers if _origin(url) == _origin(request.url) else HEADERS",
            "headers = request.headers",
        ),
        f"{REACHED}::test_a_read_follows_to_a_named_host_without_any_credential",
    ),
    (
        Mutant(
            "the name is asked for again after the check",
            "connectors/wire.py",
            "            return _connect(connection, found)\n",
            "            return _connect(connection, addresses._resolver(connection.host, int(connection.port)))\n",
        ),
        REACHED,
    ),
    (
        Mutant(
            "any variable of the machine",
            "hub/references.py",
            "            if not name.startswith(mine) or others:\n",
            "            if name is None:\n",
        ),
        f"{STARTING}::test_a_members_own_file_names_nothing_of_others",
    ),
    (
        Mutant(
            "any file of the machine",
            "hub/references.py",
            "            if not path.resolve().is_relative_to(own):\n",
            "            if path is None:\n",
        ),
        f"{STARTING}::test_a_members_own_file_names_nothing_of_others",
    ),
    (
        Mutant(
            "secrets that everyone may read",
            "hub/references.py",
            "path.stat().st_mode & OTHERS:",
            "path.stat().st_mode < 0:",
        ),
        f"{STARTING}::test_a_secret_that_everyone_may_read_is_refused_with_the_fix",
    ),
    (
        Mutant(
            "the audit can be changed",
            "hub/store/migrations/versions/0014_the_audit_is_sealed.py",
            "    op.execute(f'CREATE TRIGGER audit_stands BEFORE DELETE ON audit {refuse}')\n",
            "",
        ),
        f"{CHAIN}::test_the_database_refuses_to_change_the_audit",
    ),
    (
        Mutant(
            "a seal does not know the one before",
            "hub/store/chain.py",
            "    made = hashlib.sha256(before.encode())\n",
            "    made = hashlib.sha256()\n",
        ),
        CHAIN,
    ),
    (
        Mutant("what is erased can be guessed", "hub/store/chain.py", '            left[at] = b""\n', ""),
        f"{CHAIN}::test_an_erased_value_cannot_be_guessed_from_what_is_left",
    ),
    (
        Mutant(
            "sessions of who was erased live on",
            "hub/store/people.py",
            "OWN: tuple[Any, ...] = (tables.Session, tables.Bookmark, tables.MailWish)",
            "OWN: tuple[Any, ...] = (tables.Bookmark,)",
        ),
        "tests/operations/test_erasing.py",
    ),
    (
        Mutant(
            "cells that calculate",
            "hub/exports/cells.py",
            "[marked(text(path, view.get(path))) for path in COLUMNS]",
            "[text(path, view.get(path)) for path in COLUMNS]",
        ),
        "tests/web/test_exports.py",
    ),
    (
        Mutant(
            "bodies of any size",
            "hub/web/app.py",
            "        MAX_CONTENT_LENGTH=BODY,\n        MAX_FORM_MEMORY_SIZE=BODY,\n",
            "",
        ),
        f"{REQUESTS}::test_what_is_too_much_is_refused_before_it_is_read",
    ),
    (Mutant("pages may be framed", GUARD, "frame-ancestors 'none'; ", ""), REQUESTS),
    (
        Mutant(
            "pages stay in caches",
            GUARD,
            '            response.headers["Cache-Control"] = "no-store"\n',
            "            pass\n",
        ),
        REQUESTS,
    ),
    (
        Mutant(
            "secrets in the log", "hub/redact.py", "        value = value.replace(secret, GONE)\n", "        pass\n"
        ),
        "tests/operating/test_redact.py",
    ),
    (
        Mutant("addresses in the log", "hub/redact.py", "        value = form.sub(instead, value)\n", "        pass\n"),
        "tests/operating/test_redact.py",
    ),
    (
        Mutant(
            "a restore into a hub that runs",
            "hub/operations/backup.py",
            "        if identity.alive(conn, now):\n",
            "        if identity.alive(conn, now) is None:\n",
        ),
        "tests/operations/test_backup.py::test_while_a_hub_runs_nothing_is_restored",
    ),
    (Mutant("webhooks of anybody", "hub/signing.py", "    if not right or not _ID", "    if not _ID"), UNSIGNED),
    (
        Mutant(
            "webhooks of any age",
            "hub/signing.py",
            "    return id if abs(now.timestamp() - int(seconds)) <= TOLERANCE else None\n",
            "    return id\n",
        ),
        UNSIGNED,
    ),
    (
        Mutant(
            "a webhook counts again",
            "hub/hooks.py",
            "        hints.forget(conn, now - REMEMBERED)\n",
            "        hints.forget(conn, now + REMEMBERED)\n",
        ),
        f"{HOOKS}::test_a_message_counts_once_and_many_make_one_run",
    ),
    (
        Mutant(
            "a webhook counts again while it is young",
            "hub/hooks.py",
            "REMEMBERED = timedelta(seconds=4 * TOLERANCE)\n",
            "REMEMBERED = timedelta(seconds=TOLERANCE)\n",
        ),
        f"{HOOKS}::test_a_message_counts_once_as_long_as_its_time_is_good",
    ),
)
"""What is taken away, and the test that has to fail then."""


@dataclass(frozen=True, slots=True)
class Tried:
    """``verdict``: one of ``NOTICED``, ``SURVIVED``, ``TOO_LONG``, ``NOT_RUN``; ``by``: the test that failed first, or why
    there was none; ``seconds``: how long it took."""

    verdict: str
    by: str
    seconds: float


def tried(folder: Path, test: str, patience: float) -> Tried:
    """This test on a copy: 1 is pytest's word for a test that failed, and any other end but 0 proves nothing."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    options = ["-x", "-q", "--no-header", "--tb=no", f"--basetemp={folder / 'tmp'}"]
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, test], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as run:  # fmt: skip
        try:
            said, _ = run.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)  # hubs that the test started are of its group
            return Tried(TOO_LONG, f"not done after {patience:.0f} s", patience)
    failed = [
        line.removeprefix("FAILED ").partition(" - ")[0] for line in said.splitlines() if line.startswith("FAILED ")
    ]
    verdict = {0: SURVIVED, 1: NOTICED}.get(run.returncode, NOT_RUN)
    by = (failed or [f"pytest ended with {run.returncode}" if verdict == NOT_RUN else ""])[0]
    return Tried(verdict, by, time.monotonic() - began)


def one(which: tuple[Mutant, str], patience: float = LONGEST) -> Tried:
    """Whether a test notices that its protection is taken away."""
    mutant, test = which
    with copied(mutant) as folder:
        done = tried(folder, test, patience)
    print(f"{done.verdict:<9} {mutant.name:<46} {done.seconds:4.0f} s  {done.by or test}", flush=True)
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.protections", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORDS", help="those whose name has these words")
    parser.add_argument("--part", default="1/1", metavar="N/OF", help="the Nth of so many equal parts (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried side by side (default: 2)")
    asked = parser.parse_args(arguments)
    number, of = map(int, asked.part.split("/"))
    chosen = [which for which in PROTECTIONS if asked.only in which[0].name][number - 1 :: of]
    with copied() as sound:
        usual = {test: tried(sound, test, LONGEST) for test in sorted({test for _, test in chosen})}
    if wrong := [f"{test}: {done.verdict}, {done.by}" for test, done in usual.items() if done.verdict != SURVIVED]:
        print("\n".join(["Nothing to compare with: on the sound sources these tests do not pass.", *wrong]))
        return 2
    with ThreadPoolExecutor(asked.jobs) as pool:
        ends = list(pool.map(lambda which: one(which, patience(usual[which[1]].seconds)), chosen))
    print(f"{sum(done.verdict == NOTICED for done in ends)} of {len(chosen)} noticed.")
    for (mutant, test), done in zip(chosen, ends, strict=True):
        if done.verdict != NOTICED:
            print(f"{done.verdict}  {mutant.name}: {done.by or 'a test is missing'} ({test}).")
    return 0 if chosen and all(done.verdict == NOTICED for done in ends) else 1


def patience(usual: float) -> float:
    """Seconds for a test that takes ``usual`` ones where nothing is wrong."""
    return min(LONGEST, 60 + 4 * usual)


if __name__ == "__main__":
    sys.exit(main())
