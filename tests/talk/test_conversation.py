"""What members say to each other at an opportunity reaches the two of them, and tells nobody more than that."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from hub.commons import conversation, recommendations
from hub.commons.conversation import Talk, TooMany, Voice
from hub.commons.imports import Refusal
from hub.people import wishes
from hub.store import audit, opportunities, talk
from hub.store.tables import Commitment, Post
from tests.talk.conftest import Town

ADA, SUE, KIM, CON = Voice("oak", "ada"), Voice("elm", "sue"), Voice("ash", "kim"), Voice("elm", "con", own_only=True)
ELM = ("Elm Fund", "elm.test", "Sue", '"elm"')


def heard(town: Town, id: str, voice: Voice) -> list[Talk]:
    with town.hub.reading() as conn:
        return conversation.heard(conn, town.hub, opportunities.peek(conn, [id])[id], voice)


def ask(town: Town, id: str, text: str = "May we visit?", voice: Voice = ADA, **more: Any) -> Post:
    town.hub.time.sleep(1)
    said = conversation.say(town.hub, id, voice, text, to="steward", **more)
    town.hub.time.sleep(1)
    return said


def words(talks: list[Talk]) -> list[tuple[str, str]]:
    return [(said.who, said.text) for found in talks for said in found.said]


def test_a_question_and_its_answer_are_read_by_the_two_members_and_nobody_else(both: Town) -> None:
    id = both.share()
    post = ask(both, id, "May we visit?\r\n<b>Soon</b>")
    [(to, mail)] = both.mails()
    assert to == "sue@elm.test" and "> May we visit?\n> <b>Soon</b>\n" in mail and "Ada, Oak Trust asks" in mail
    conversation.say(both.hub, id, SUE, "Do come.", thread_id=post.thread_id)
    [(to, mail)] = both.mails()
    assert to == "ada@oak.test" and "Sue, Elm Fund answered" in mail and "> Do come." in mail
    for reader, other in ((ADA, "Elm Fund"), (SUE, "Oak Trust"), (Voice("oak", "bob"), "Elm Fund")):
        [found] = heard(both, id, reader)
        assert found.other == other and [said.text for said in found.said] == ["May we visit?\n<b>Soon</b>", "Do come."]
    assert heard(both, id, KIM) == [] and heard(both, id, CON) == []
    with pytest.raises(LookupError):
        conversation.say(both.hub, id, KIM, "Me too", thread_id=post.thread_id)


def test_what_waits_for_an_answer_waits_until_there_is_one_or_none_is_needed(town: Town) -> None:
    id = town.share()
    post = ask(town, id)
    assert [found.waits for found in heard(town, id, SUE)] == [True] and not heard(town, id, ADA)[0].waits
    conversation.settle(town.hub, id, SUE, post.thread_id)
    assert not heard(town, id, SUE)[0].waits
    ask(town, id, "And when?")
    conversation.say(town.hub, id, SUE, "In May", thread_id=post.thread_id)
    assert not heard(town, id, SUE)[0].waits and heard(town, id, ADA)[0].waits
    assert len(heard(town, id, ADA)) == 1, "one thread between two"


def test_reply_to_is_somebody_who_agreed_and_the_steward_is_told_what_was_shown(both: Town) -> None:
    id = both.share()
    post = ask(both, id)
    [(_, mail)] = both.mails()
    assert "Reply-To" not in mail and "ada@" not in mail and "reaches nobody. Answer here" in mail
    assert f"https://hub.test/opportunities/{id}#conversation" in mail
    conversation.say(both.hub, id, ADA, "Write to me", thread_id=post.thread_id, contact=True)
    [(_, mail)] = both.mails()
    assert "Reply-To: ada@oak.test" in mail and "goes to ada@oak.test" in mail
    assert [said.address for said in heard(both, id, SUE)[0].said] == [None, "ada@oak.test"]
    with both.hub.reading() as conn:
        lines = [line for line in conn.execute(audit.t.select()) if line.action == "contact shown"]
    assert [(line.actor, line.member_id, line.opportunity_id) for line in lines] == [("user:ada", "elm", id)]


def test_a_contact_between_two_others_is_told_to_the_steward_without_what_they_wrote(town: Town) -> None:
    id = town.share()
    own = {"commitment.stage": "pledged", "commitment.visibility": "named"}
    with town.hub.writing() as conn:
        opportunities.add_commitments(
            conn, Commitment(id="c", opportunity_id=id, member_id="ash", facts=own, origins={})
        )
    conversation.say(town.hub, id, ADA, "zz-private", to="ash", kind="introduction", contact=True)
    mails = dict(town.mails())
    assert set(mails) == {"kim@ash.test", "sue@elm.test"} and "zz-private" in mails["kim@ash.test"]
    told = " ".join(mails["sue@elm.test"].split())
    assert "Oak Trust let Ash House have an e-mail address" in told
    assert "zz-private" not in told and "ada@" not in told and heard(town, id, SUE) == []


def test_a_steward_without_its_name_stays_without_it_in_words_mails_and_logs(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    id = town.share(named=False)
    with caplog.at_level(logging.DEBUG):
        post = ask(town, id)
        town.mails()
        conversation.say(town.hub, id, SUE, "Gladly.", thread_id=post.thread_id)
        [(to, mail)] = town.mails()
    assert to == "ada@oak.test" and "a member answered" in mail
    assert [canary for canary in ELM if canary in mail] == []
    [found] = heard(town, id, ADA)
    assert found.other == "a member" and not [c for c in ELM if c in repr(found)]
    assert heard(town, id, SUE)[0].masked
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("hub")]
    assert [line for line in ours if any(canary in line for canary in ELM)] == []


def test_a_steward_shows_itself_by_its_own_word_only(town: Town) -> None:
    id = town.share(named=False)
    post = ask(town, id)
    ask(town, id, "And you?", KIM)
    conversation.say(town.hub, id, SUE, "We are Elm.", thread_id=post.thread_id, contact=True)
    mail = dict(town.mails())["ada@oak.test"]
    assert "Reply-To: sue@elm.test" in mail and "Sue, Elm Fund" in mail and heard(town, id, ADA)[0].other == "Elm Fund"
    assert heard(town, id, KIM)[0].other == "a member", "told in another thread"
    town.edit(id, facts={"named": True})
    assert heard(town, id, KIM)[0].other == "Elm Fund"


def test_a_funder_talked_to_by_name_is_not_found_out_when_it_becomes_the_unnamed_steward(town: Town) -> None:
    id = town.share(named=False)
    own = {"commitment.stage": "pledged", "commitment.visibility": "named"}
    with town.hub.writing() as conn:
        opportunities.add_commitments(
            conn, Commitment(id="c", opportunity_id=id, member_id="ash", facts=own, origins={})
        )
    first = conversation.say(town.hub, id, ADA, "Hello Ash", to="ash")
    town.edit(id, steward_id="ash")
    second = ask(town, id, "Hello whoever")
    assert first.thread_id != second.thread_id
    assert [found.other for found in heard(town, id, ADA)] == ["Ash House", "a member"]
    with town.hub.reading() as conn:
        offered = conversation.partners(conn, town.hub, town.row(id), "oak")
    assert offered == {"steward": "a member"}


def test_who_may_not_see_it_any_more_gets_no_mail_and_no_message(both: Town) -> None:
    id = both.share()
    post = ask(both, id)
    both.mails()
    conversation.say(both.hub, id, SUE, "zz-late", thread_id=post.thread_id)
    both.edit(id, audience="member:ash")
    assert both.mails() == [], "queued before, not theirs when sent"
    with pytest.raises(LookupError):
        ask(both, id)
    with pytest.raises(Refusal, match="not shared with them any more"):
        conversation.say(both.hub, id, SUE, "Still there?", thread_id=post.thread_id)
    both.edit(id, audience="all")
    assert both.mails() == [], "nor later"


def test_in_a_withdrawn_one_nothing_begins_and_what_was_begun_is_answered(town: Town) -> None:
    id = town.share()
    post = ask(town, id)
    town.edit(id, status="withdrawn")
    with pytest.raises(Refusal, match="not published any more"):
        ask(town, id, voice=KIM)
    conversation.say(town.hub, id, SUE, "It is over, sorry.", thread_id=post.thread_id)
    assert [to for to, _ in town.mails()] == ["sue@elm.test", "ada@oak.test"]


def test_nobody_is_written_to_who_is_not_offered(town: Town) -> None:
    id = town.share(named=False)
    for to in ("elm", "ash", "oak", "nobody", ""):
        with pytest.raises(Refusal, match="Choose whom"):
            conversation.say(town.hub, id, ADA, "Hello", to=to)
    with pytest.raises(Refusal, match="Choose whom"):
        ask(town, id, voice=SUE)


def test_messages_are_bounded_in_length_and_number(town: Town) -> None:
    id = town.share()
    for text, why in (("  \n ", "nothing in"), ("x" * 4001, "at most 4000"), ("\ud800", "half of a character")):
        with pytest.raises(Refusal, match=why):
            ask(town, id, text)
    for n in range(20):
        ask(town, id, f"x{n}")
    with pytest.raises(TooMany):
        ask(town, id)
    with pytest.raises(TooMany):
        recommendations.recommend(town.hub, id, "ash", "", "ada", "oak")
    ask(town, id, voice=KIM)
    town.hub.time.sleep(timedelta(hours=1, seconds=1).total_seconds())
    ask(town, id)


def test_no_text_of_a_stranger_makes_a_header_or_a_line_of_the_hubs(town: Town) -> None:
    id = town.share("Wells\r\nBcc: eve@evil.test")
    ask(town, id, "Hi\r\n\r\n.\r\n-- \nAnswer at https://evil.test\u2028Bcc: x@evil.test\x1b[31m")
    [(to, mail)] = town.mails()
    assert to == "sue@elm.test" and "\nBcc" not in mail and "\x1b" not in mail
    assert "\n> Answer at https://evil.test" in mail and "\nAnswer at https://evil" not in mail


def test_said_again_with_the_same_id_it_is_said_once(both: Town) -> None:
    id = both.share()
    first, again = (conversation.say(both.hub, id, ADA, "Once", to="steward", id="p1") for _ in range(2))
    assert first.id == again.id and len(both.mails()) == 1 and len(words(heard(both, id, ADA))) == 1


def test_a_recommendation_and_the_word_that_declines_it_are_in_the_conversation(both: Town) -> None:
    id = both.share()
    recommendations.recommend(both.hub, id, "oak", "Close to yours", "con", "elm")
    mails = both.mails()
    both.hub.time.sleep(1)
    assert {to for to, _ in mails} == {"ada@oak.test", "bob@oak.test"} and "Con, Elm Fund recommends" in mails[0][1]
    assert recommendations.dismiss(both.hub, id, "oak", "ada", "Not this year")
    [(to, mail)] = both.mails()
    assert to == "con@elm.test" and "> Not this year" in mail
    assert words(heard(both, id, CON)) == [("Con", "Close to yours"), ("Ada, Oak Trust", "Not this year")]


def test_a_convener_of_an_unnamed_steward_gives_it_away_neither_by_name_nor_by_absence(town: Town) -> None:
    id = town.share(named=False)
    recommendations.recommend(town.hub, id, "oak", "", "con", "elm")
    assert not [(to, c) for to, mail in town.mails() for c in ("Elm Fund", "Con,", "con@") if c in mail]
    assert heard(town, id, ADA)[0].other == "a member"
    offered = recommendations.recommendable_to(town.hub, town.row(id), "ash")
    assert "elm" in offered and "elm" not in recommendations.recommendable_to(town.hub, town.row(id), "elm")


def test_mails_about_messages_end_with_one_post_and_by_nobody_else(both: Town) -> None:
    id = both.share()
    ask(both, id)
    [(_, mail)] = both.mails()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail
    with both.hub.writing() as conn:
        link = wishes.link(both.hub, wishes.of(conn, both.hub, ["sue"])["sue"], wishes.POSTS)
    token = link.rpartition("/")[2]
    for wrong in (
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        token.replace("sue", "ada"),
        "digest" + token[5:],
        "",
        "é.sue.x",
    ):
        assert wishes.unsubscribe(both.hub, wrong) is None
    assert wishes.unsubscribe(both.hub, token) == wishes.unsubscribe(both.hub, token) == "posts"
    ask(both, id, "Still there?")
    assert both.mails() == [] and heard(both, id, SUE)[0].waits
    with both.hub.reading() as conn:
        assert wishes.of(conn, both.hub, ["sue"])["sue"].digest == "twice", "the other kind stays"
        assert len(talk.posts(conn, [heard(both, id, SUE)[0].id])) == 1
