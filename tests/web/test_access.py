"""Who may open what: every route, every role, the own foundation and another's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub import access
from hub.store import opportunities
from hub.store.tables import Commitment
from hub.tokens import SCOPES
from hub.tokens import create as create_token
from tests.web.conftest import ROLES, TOKEN, Site, fill

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def addresses(site: Site) -> list[tuple[str, str, str]]:
    """``(endpoint, method, path)`` of every route, with ids of Elm's things for its parts."""
    ids = fill(site.hub)
    parts: dict[str, Any] = {
        "name": "elm-sheet", "run_id": ids["Run"], "opportunity_id": ids["Opportunity"], "conflict_id": ids["Conflict"],
        "hold_id": ids["Hold"], "filename": "hub.css", "action": "pause", "search_id": ids["SavedSearch"],
        "line": 1, "path": "title", "connection": "elm-sheet", "user_id": ids["User"],
        "invitation_id": ids["Invitation"], "token": TOKEN, "token_id": ids["Token"], "wish": ids["wish"],
        "upload_id": ids["Upload"], "door": "elm-files",
        "session_id": ids["Session"],
        "register": "GB-CHC", "number": "1234567",
    }  # fmt: skip
    rows = {
        "queue.decide_quarantine": ("Quarantine", "ignore"),
        "queue.decide_reference": ("ReferenceQuestion", ""),
        "queue.decide_suggestion": ("Suggestion", "keep"),
        "queue.decide_hold": ("Hold", "reject"),
        "queue.decide_deletion": ("Deletion", "keep"),
        "queue.decide_match": ("MatchQuestion", ""),
        "queue.decide_update": ("UpdateQuestion", ""),
        "queue.drop_rule": ("Rule", ""),
        "people.set_active": ("", "deactivate"),
        "queue.decide_still_needed": ("", "yes"),
        "handover.page": ("Handover", ""),
        "duplicates.page": ("Duplicate", ""),
        "duplicates.decide": ("Duplicate", "different"),
        "duplicates.settle": ("Leftover", "kept"),
        "handover.decide": ("Handover", "decline"),
        "files.act": ("", "say"),
    }
    found = []
    with site.app.test_request_context():
        from flask import url_for

        for rule in site.app.url_map.iter_rules():
            model, decision = rows.get(rule.endpoint, ("", ""))
            given = parts | {"row_id": ids.get(model), "decision": decision}
            path = url_for(rule.endpoint, **{part: given[part] for part in rule.arguments})
            found += [(rule.endpoint, method, path) for method in (rule.methods or set()) & METHODS]
    return found


def test_every_route_has_an_entry_in_the_policy_and_every_entry_a_route(site: Site) -> None:
    assert {rule.endpoint for rule in site.app.url_map.iter_rules()} == set(access.POLICY)


def test_a_route_without_an_entry_is_refused(site: Site) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert site.app.test_client().get("/forgotten").status_code == 403


def test_nobody_gets_in_without_signing_in(site: Site) -> None:
    for endpoint, method, path in addresses(site):
        client = site.app.test_client()
        answer = client.get(path) if method == "GET" else site.post(client, path)
        if access.scopes_of(endpoint) is not None:
            bare = client.open(path, method=method)
            assert bare.status_code == 401 and bare.mimetype == "application/problem+json", path
        elif access.POLICY[endpoint] == access.PUBLIC:
            assert answer.status_code in (200, 303, 401, 422, {"hooks.take": 404, "health.alive": 503}.get(endpoint)), (
                path
            )
        else:
            assert answer.status_code == 302 and answer.location.startswith("/sign-in"), path


def test_roles_and_foundations_get_what_the_policy_says_and_no_more(site: Site) -> None:
    mine = {"connections.one", "connections.run", "connections.act", "connections.cancel", "connections.retry", "connections.check",
            "connections.mapping", "queue.conflict", "queue.resolve_conflict", "queue.hold",
            "queue.decide_hold", "queue.decide_quarantine", "queue.decide_reference", "queue.decide_deletion", "queue.decide_suggestion",
            "queue.decide_match", "queue.drop_rule", "opportunities.past", "opportunities.restore",
            "opportunities.as_others", "queue.dismiss_recommendation", "importing.preview", "importing.decide", "importing.follow",
            "importing.several", "importing.take_several", "queue.decide_update", "searches.one", "searches.drop",
            "people.invite_again", "people.withdraw", "people.change_roles", "people.set_active", "queue.decide_still_needed",
            "handover.offer", "handover.take_back", "handover.page", "handover.decide",
            "duplicates.page", "duplicates.decide", "duplicates.settle", "tokens.revoke",
            "files.look", "files.table", "files.act", "files.take", "conversation.settle", "sessions.end", "people.sign_out"}  # fmt: skip
    # What is done is not there any more; nothing was named to import; a steward's own record follows no other; no thread was
    # named; a session is its own person's.
    once = {
        "queue.dismiss_recommendation",
        "importing.several",
        "importing.take_several",
        "importing.follow",
        "searches.drop",
        "searches.one",
        "people.invite_again",
        "people.withdraw",
        "conversation.settle",
        "sessions.end",
    }
    watched = {"connections.one", "connections.run", "connections.act", "connections.cancel", "connections.check", "connections.mapping",
               "queue.hold", "queue.decide_hold", "people.invite_again",
               "people.withdraw", "people.change_roles", "people.set_active", "people.sign_out"}  # fmt: skip
    asked = addresses(site)
    all_of_them = [a for a in asked if access.POLICY[a[0]] != access.PUBLIC and not a[0].startswith("sign_in")]
    for member in ("oak", "elm"):  # the other foundation first: what is its own may change by being asked
        for role in ROLES:
            client = site.client(f"{role}.{member}")
            for endpoint, method, path in all_of_them:
                answer = client.get(path) if method == "GET" else site.post(client, path)
                what = f"{role} of {member}: {method} {path} -> {answer.status_code}"
                allowed = access.POLICY[endpoint]
                if access.scopes_of(endpoint) is not None:
                    bare = client.open(path, method=method)  # a session opens nothing here
                    assert bare.status_code == 401, what
                elif role not in allowed:
                    assert answer.status_code == 403, what
                elif member == "oak" and endpoint in mine and not (role == "operator" and endpoint in watched):
                    assert answer.status_code == 404, what
                else:
                    assert answer.status_code in (200, 303, 404 if endpoint in once else 200, 422), what


def test_another_foundations_position_is_on_no_page(site: Site) -> None:
    pages = [path for endpoint, method, path in addresses(site) if method == "GET" and endpoint != "static"]
    for role in ROLES:
        client = site.client(f"{role}.elm")
        for path in pages:
            text = client.get(path).text
            assert "424242" not in text and "424,242" not in text and "zz-secret" not in text, path
    own = site.client("officer.oak").get(next(p for p in pages if p.startswith("/opportunities/"))).text
    assert "424,242" in own


PEOPLE = [f"{role}.{member}" for member in ("elm", "oak") for role in ROLES]
OF_MEMBERS = ("staff", "officer", "admin")
READ_BY = {
    # class of field, or of record: its canary, and who may ever meet it on a page
    "public fact": ("zz-public", PEOPLE),
    "fact for members": ("zz-for-members", PEOPLE),
    "fact of a draft": ("zz-draft", [f"{role}.elm" for role in ROLES]),
    "hidden position, own note": ("zz-secret", [f"{role}.oak" for role in OF_MEMBERS]),
    "hidden position, amount": ("424,242", [f"{role}.oak" for role in OF_MEMBERS]),
    "hidden position of the steward": ("zz-elm-note", [f"{role}.elm" for role in OF_MEMBERS]),
    "a sheet that was brought": ("zz-elm-sheet", ["staff.elm", "admin.elm"]),
}


def test_on_every_page_every_role_meets_only_the_classes_of_fields_that_are_for_it(site: Site) -> None:
    pages = [path for endpoint, method, path in addresses(site) if method == "GET" and endpoint != "static"]
    with site.hub.writing() as conn:
        [shared] = [row for row in opportunities.peek(conn, site_ids(conn)).values() if row.number == 7]
        opportunities.change(
            conn, shared.id, facts=shared.facts | {"summary": "zz-public", "extensions.x.y": "zz-for-members"}
        )
        draft = shared.model_copy(update={"id": site.hub.ids.uuid7(), "number": 99, "status": "draft"})
        draft.title, draft.facts = "zz-draft", {"title": "zz-draft", "summary": "zz-draft"}
        opportunities.add(conn, draft)
        note = {"commitment.stage": "exploring", "commitment.note": "zz-elm-note"}
        own = Commitment(id=site.hub.ids.uuid7(), opportunity_id=shared.id, member_id="elm", facts=note, origins={})
        opportunities.add_commitments(conn, own)
    pages += [f"/opportunities/{draft.id}", "/opportunities.csv", "/export/file?format=360giving"]
    pages += [f"/export{file}?format=json" for file in ("", "/file")]
    met: dict[str, set[str]] = {name: set() for name in READ_BY}
    for who in PEOPLE:
        for path in pages:
            text = site.client(who).get(path).text
            for name, (canary, _allowed) in READ_BY.items():
                if canary in text:
                    met[name].add(who)
    assert met == {name: set(allowed) for name, (_canary, allowed) in READ_BY.items()}
    stranger = site.app.test_client()
    assert not any(canary in stranger.get(path).text for path in pages for canary, _ in READ_BY.values())


def site_ids(conn: Connection) -> list[str]:
    return [row.id for row in conn.execute(opportunities.t.select())]


def test_an_operator_sees_that_a_hold_waits_and_not_what_is_in_it(site: Site) -> None:
    fill(site.hub)
    page = site.client("operator.oak").get("/queue").text
    assert "This is the first sync of" in page and "It has no title." not in page


def test_a_token_opens_every_route_of_programs_for_its_own_member_and_nothing_of_anothers(site: Site) -> None:
    """Of every route of programs: what its scopes open, and that no answer to another member's token shows a hidden position."""
    asked = [a for a in addresses(site) if access.scopes_of(a[0]) is not None]
    assert {endpoint for endpoint, _method, _path in asked} == {e for e in access.POLICY if access.scopes_of(e)}
    with site.hub.writing() as conn:
        [draft] = [row for row in opportunities.peek(conn, site_ids(conn)).values() if row.number == 7]
        draft.id, draft.number, draft.status = site.hub.ids.uuid7(), 99, "draft"
        draft.title, draft.facts = "zz-draft", {"title": "zz-draft"}
        opportunities.add(conn, draft)
    secrets = {"oak": {"424242", "zz-secret"}, "elm": {"zz-draft"}, "ash": set[str]()}
    asked += [
        ("api.one", "GET", f"/api/v1/opportunities/{draft.id}"),
        ("api.commitment", "GET", f"/api/v1/opportunities/{draft.id}/commitment"),
    ]
    for member in ("elm", "oak", "ash"):
        met = set()
        for scope in SCOPES:
            _row, text = create_token(site.hub, member, scope, [scope])
            for endpoint, method, path in asked:
                answer = site.app.test_client().open(
                    path, method=method, json={}, headers={"Authorization": f"Bearer {text}"}
                )
                what = f"{scope} of {member}: {method} {path} -> {answer.status_code}"
                if scope not in (access.scopes_of(endpoint) or ()):
                    assert answer.status_code == 403, what
                elif draft.id in path and member != "elm":
                    assert answer.status_code == 404, what
                elif endpoint == "api.drop_search":
                    assert answer.status_code == (204 if member == "elm" else 404), what
                else:
                    assert answer.status_code in (200, 422, 428), what
                met |= {secret for secret in ("424242", "zz-secret", "zz-draft") if secret in answer.text}
        assert met == secrets[member], member
