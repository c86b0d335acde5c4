"""Who is spoken to in which language: by choice, by browser, and in mails."""

from __future__ import annotations

import re
from pathlib import Path

from flask import render_template_string
from flask_babel import gettext as _

from hub.languages import FOLDER, Catalogues, speaking
from hub.store import people
from hub.web import standing, typed
from hub.web.app import create_app
from tests.web.conftest import Site

CSS = Path(__file__).parents[2] / "hub/web/static/hub.css"
PHYSICAL = re.compile(
    r"(?<![\w-])((margin|padding|border)-(left|right|top|bottom)\b|(left|right)\s*:|(text-align|float|clear)\s*:\s*(left|right)"
    r"|(min-|max-)?(width|height)\s*:)"
)


def test_the_browsers_language_is_taken_until_somebody_chooses(site: Site) -> None:
    client = site.app.test_client()
    english = client.get("/sign-in")
    arabic = client.get("/sign-in", headers={"Accept-Language": "ar-EG,en;q=0.5"})
    assert '<html lang="en" dir="ltr">' in english.text and english.headers["Content-Language"] == "en"
    assert '<html lang="ar" dir="rtl">' in arabic.text and arabic.headers["Content-Language"] == "ar"
    assert {"cookie", "accept-language"} <= {part.lower() for part in arabic.vary}
    site.post(client, "/language", language="ar")
    assert 'dir="rtl"' in client.get("/sign-in", headers={"Accept-Language": "en"}).text


def test_a_choice_is_kept_for_the_person_in_every_browser(site: Site) -> None:
    answer = site.post(site.client("officer.elm"), "/language", language="ar", next="/opportunities")
    assert answer.status_code == 303 and answer.location == "/opportunities"
    site.clients.clear()
    assert '<html lang="ar"' in site.client("officer.elm").get("/").text
    assert '<html lang="en"' in site.client("staff.elm").get("/").text


def test_a_language_that_there_is_not_changes_nothing_and_leads_nowhere_else(site: Site) -> None:
    client = site.client("officer.elm")
    answer = site.post(client, "/language", language="tlh", next="//evil.test/")
    assert answer.location == "/" and "hub-language" not in answer.headers.get("Set-Cookie", "")
    assert '<html lang="en"' in client.get("/").text


def test_a_third_language_needs_only_a_catalogue(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Language: eo\\nContent-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Password"\nmsgstr "Pasvorto"\n', encoding="utf-8",
    )  # fmt: skip
    client = create_app(site.hub, Catalogues((tmp_path, FOLDER))).test_client()
    page = client.get("/sign-in").text
    assert re.search(r'value="eo" lang="eo"[^>]*>Esperanto</button>', page) and ">العربية</button>" in page
    site.post(client, "/language", language="eo")
    assert '<html lang="eo" dir="ltr">' in (page := client.get("/sign-in").text) and "Pasvorto" in page


def test_programs_are_answered_in_english_whatever_they_ask_for(site: Site) -> None:
    answer = site.app.test_client().get("/api/v1/opportunities", headers={"Accept-Language": "ar"})
    assert answer.status_code == 401 and answer.text.isascii()


def test_a_mail_is_in_its_readers_language_whoever_writes_it(site: Site) -> None:
    with site.app.test_request_context("/", headers={"Accept-Language": "ar"}):
        assert _("Password") == "كلمة المرور"
        with speaking("en"):
            assert _("Password") == "Password"
        with speaking("ar"):
            assert _("Password") == "كلمة المرور"
        with speaking(None):
            assert _("Password") == "Password"
        assert _("Password") == "كلمة المرور"


def test_the_stylesheet_knows_no_left_and_right() -> None:
    """A media query asks for the width of the screen, and that is the one place where it may."""
    style = re.sub(r"@media[^{]*", "", re.sub(r"/\*.*?\*/", "", CSS.read_text(encoding="utf-8"), flags=re.S))
    assert not [found[0] for found in PHYSICAL.finditer(style)]


def test_somebody_who_chose_is_remembered_by_the_hub(site: Site) -> None:
    site.post(site.client("staff.oak"), "/language", language="ar")
    with site.hub.reading() as conn:
        person = people.by_email(conn, "staff.oak@hub.test")
    assert person is not None and person.language == "ar"


def test_numbers_and_days_may_be_typed_in_arabic_digits(site: Site) -> None:
    with site.app.test_request_context("/"):
        assert typed.parse("ask.requested", "١٢٬٥٠٠٫٥٠ jod") == {"amount": "12500.5", "currency": "JOD"}
        assert typed.parse("ask.requested", "12500.50 JOD") == {"amount": "12500.5", "currency": "JOD"}
        assert typed.parse("ask.needed_by", "٢٠٢٦-٠٣-٣١") == typed.parse("ask.needed_by", "2026-03-31")
        assert typed.parse("title", "٣ آبار") == "٣ آبار"
    page = site.client("officer.elm").get("/opportunities?asks_least=١٠٠٠")
    assert page.status_code == 200


def test_a_title_in_a_sentence_cannot_change_how_the_sentence_reads(site: Site) -> None:
    with site.app.test_request_context(headers={"Accept-Language": "ar"}):
        said = _("%(name)s wrote to you at “%(title)s”.", name="Ada", title="Wells\u202e!")
        assert "\u2068Wells[U+202E]!\u2069" in said and "\u202e" not in said
        assert "[U+2068]" not in _("An answer: %(title)s", title=said)
    with site.app.test_request_context(headers={"Accept-Language": "en"}):
        assert _("An answer: %(title)s", title="Wells\u202e!") == "An answer: Wells[U+202E]!"


def test_what_a_run_counted_is_one_thing_or_several_in_both_languages(site: Site) -> None:
    one, two = {"read": 250, "conflicts": 1, "suggested": 1}, {"conflicts": 2, "questions": 3}
    with site.app.test_request_context():
        with speaking("en"):
            assert standing.sentence(one) == "250 read, 1 conflict, 1 suggestion"
            assert standing.sentence(two) == "2 conflicts, 3 organisations to settle"
        with speaking("ar"):
            assert standing.sentence(two) == "تعارضان، 3 مؤسسات للحسم"


NAMES = "{{ _('Run of %(name)s', name=name) }} {{ ngettext('%(num)s line', '%(num)s lines', 3) }}"


def page_of(site: Site, language: str, **values: str) -> str:
    with site.app.test_request_context(headers={"Accept-Language": language}):
        return render_template_string(NAMES, **values)


def test_a_name_in_a_sentence_of_a_page_keeps_its_own_direction(site: Site) -> None:
    """The brackets of a name that reads the other way went to the wrong side of it, and its full stop to the wrong end."""
    assert "\u2068Elm (North)\u2069" in page_of(site, "ar", name="Elm (North)")
    assert "Run of \u2068دار (الشمال)\u2069" in page_of(site, "en", name="دار (الشمال)")
    assert "Run of Elm (North)" in page_of(site, "en", name="Elm (North)"), (
        "one that reads as the sentence does is bare"
    )
    assert "3 lines" in page_of(site, "en", name="")


def test_a_name_in_a_sentence_of_a_page_cannot_turn_the_sentence_nor_end_its_own_direction(site: Site) -> None:
    for language in ("en", "ar"):
        page = page_of(site, language, name="Elm\u2069\u202e<b>")
        assert "Elm[U+2069][U+202E]&lt;b&gt;" in page and "\u202e" not in page
