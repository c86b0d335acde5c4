"""What was stored as a sentence, told in the reader's language: its parts are kept, and put together anew on each page."""

from __future__ import annotations

import re

from sqlalchemy import text

from hub.alerts.letter import Letter
from hub.alerts.trouble import Trouble
from hub.languages import speaking, tell
from hub.store import lists
from hub.sync import guards
from hub.web.show import told
from schemas.said import Said, listed, pack, phrase, together, unpack
from tests.web.conftest import Site, fill


def held(site: Site, reason: str) -> str:
    fill(site.hub)
    values = {"reason": reason, "diagnosis": guards.diagnosis([], {"1": 3, "2": 1}, ["1"])}
    with site.hub.writing() as conn:
        conn.execute(lists.hold.update().values(values))
        return str(conn.scalar(lists.hold.select().with_only_columns(lists.hold.c.id)))


def arabic(site: Site, path: str) -> str:
    client = site.client("admin.elm")
    site.post(client, "/language", language="ar")
    return re.sub("[\u2068\u2069]", "", client.get(path).text)


def test_why_a_run_is_held_is_said_in_arabic_and_in_english(site: Site) -> None:
    id = held(site, guards.reason("deletions", 12, 40, "elm-sheet"))
    english = site.client("admin.elm").get(f"/queue/holds/{id}").text
    assert "12 of 40 linked records in elm-sheet are gone at once." in english
    assert "All 1 missing records are on page 3 and later" in english
    for path in (f"/queue/holds/{id}", "/queue", "/", "/connections/elm-sheet"):
        page = arabic(site, path)
        assert "12 من أصل 40 من السجلات المربوطة في elm-sheet اختفت دفعة واحدة." in page, path
        assert "linked records" not in page, path


def test_what_an_older_version_stored_is_shown_as_english(site: Site) -> None:
    id = held(site, "Stored long ago & in plain words.")
    page = arabic(site, f"/queue/holds/{id}")
    assert '<bdi lang="en" dir="ltr">Stored long ago &amp; in plain words.</bdi>' in page
    assert "<bdi" not in site_english(site, f"/queue/holds/{id}", "Stored long ago &amp; in plain words.")


def site_english(site: Site, path: str, sentence: str) -> str:
    client = site.client("admin.elm")
    site.post(client, "/language", language="en")
    return next(line for line in client.get(path).text.splitlines() if sentence in line)


def test_the_parts_are_kept_by_the_database_and_the_english_by_everything_else(site: Site) -> None:
    reason = together([guards.reason("first_sync", 0, 0, "a"), "Plain, said by a system.", phrase("%(n)s%%", n=3)])
    id = held(site, reason)
    with site.hub.reading() as conn:
        row = conn.execute(lists.hold.select().where(lists.hold.c.id == id)).one()
        raw = conn.scalar(text("SELECT reason FROM hold WHERE id = :id"), {"id": id})
    assert isinstance(row.reason, Said) and row.reason == reason and row.reason.parts == reason.parts
    assert str(raw).startswith('{"said":') and f"{row.reason}".endswith("Plain, said by a system. 3%")


def test_text_that_looks_like_a_kept_sentence_is_only_text() -> None:
    for plain in ('{"said":[["x",{}]]}', '{"said":', "", "so"):
        assert unpack(pack(plain)) == plain and not isinstance(unpack(pack(plain)), Said)
    nested = listed([phrase("a %(b)s", b=phrase("c")), phrase("d")])
    assert unpack(pack(nested)) == "a c; d" and unpack(pack(nested)).parts == nested.parts  # type: ignore[attr-defined]
    assert str(ValueError(nested)).parts == nested.parts  # type: ignore[attr-defined]


def test_what_a_sentence_names_changes_nothing_around_it(site: Site) -> None:
    sentence = guards.reason("first_sync", 0, 0, "<b>\u202eevil")
    with speaking("ar"):
        assert "\u2068<b>[U+202E]evil\u2069" in tell(sentence) and "&lt;b&gt;" in told(sentence)
        assert told(phrase("Nobody translated %(this)s.", this="<i>")) == (
            '<bdi lang="en" dir="ltr">Nobody translated &lt;i&gt;.</bdi>'
        )


def test_an_alert_is_in_its_readers_language(site: Site) -> None:
    now = site.time.now()
    text = together([phrase("%(name)s failed %(times)s times in a row.", name="elm-sheet", times=3), "HTTP 500"])
    new = [Trouble("admins:elm", "failing", text, now, phrase("Paused by a person."), "/connections/elm-sheet")]
    letter = Letter("admins:elm", "https://hub.test", new, (), still=2)
    with speaking("ar"):
        subject, body = letter.subject, re.sub("[\u2068\u2069]", "", letter.body())
    assert subject.startswith("أمر واحد يحتاج إلى عناية") and "فشل elm-sheet مرات متتالية عددها 3. HTTP 500" in body
    assert "أوقفه شخص مؤقتًا." in body and "لا يزال أمران" in body and "Since" not in body
    with speaking(None):
        assert letter.subject.startswith("1 thing to look after: elm-sheet failed 3 times") and "Since" in letter.body()


def test_each_card_counts_its_records(site: Site) -> None:
    fill(site.hub)
    with site.hub.reading() as conn:
        [elm] = lists.standings(conn, ["elm-sheet"])
    assert (elm.linked, elm.conflict, elm.in_sync, elm.waiting, elm.rejected) == (1, 1, 0, 0, 0)
    with site.hub.writing() as conn:
        row = conn.execute(lists.link.select().where(lists.link.c.connection_id == "elm-sheet")).first()
        assert row is not None
        due = {"connection_id": "elm-sheet", "opportunity_id": row.opportunity_id, "since": site.time.now(), "tries": 1}
        twin = conn.scalar(lists.opportunity.select().where(lists.opportunity.c.title == "Ash has it too"))
        conn.execute(
            lists.link.insert().values(row._asdict() | {"id": "another", "remote_id": "2", "opportunity_id": twin})
        )
        conn.execute(lists.due.delete())
        conn.execute(lists.due.insert().values(**due, error="No room for it."))
        [elm] = lists.standings(conn, ["elm-sheet"])
        assert (elm.conflict, elm.in_sync, elm.waiting, elm.rejected) == (1, 1, 0, 1)
        conn.execute(lists.conflict.update().values(state="resolved"))
        conn.execute(lists.due.update().values(error=None))
        [elm] = lists.standings(conn, ["elm-sheet"])
        assert (elm.conflict, elm.in_sync, elm.waiting, elm.rejected) == (0, 1, 1, 0)
        conn.execute(lists.due.delete())
        [elm] = lists.standings(conn, ["elm-sheet"])
        assert (elm.conflict, elm.in_sync, elm.waiting, elm.rejected) == (0, 2, 0, 0)
    assert "<dt>In sync</dt><dd>2</dd>" in site.client("admin.elm").get("/").text
