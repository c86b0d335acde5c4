"""The fault matrix as data: what goes wrong, which operations meet it, and how they may end.

Whatever goes wrong, an operation ends in one of these ways, and the harness (``matrix``) proves that it
really did:

``unharmed``    it was done, and is right; the fault did not matter
``retried``     it was done, and is right, after asking again
``looked up``   a write said that it may have happened; whoever looked found it once or not at all
``refused``     an error that a person or the plan acts on (``Invalid``, ``Forbidden``, ``SignInFailed``,
                ``Stale``), a record set aside, or ``Unseen`` where the answer said no
``incomplete``  ``Unavailable``, ``RateLimited``, ``QuotaSpent``, ``CursorExpired``: the next run goes on

Never in a crash, a duplicate, a delete that is none, or a success that is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

from hub.conformance import misbehaviour as does
from hub.conformance.proxy import Act
from hub.conformance.ways import Way, badly_certified, expired, misnamed, nowhere, refused

End = Literal["unharmed", "retried", "looked up", "refused", "incomplete"]
Name = Literal["list", "get", "find", "describe", "create", "update"]
Ends = frozenset[End]

ALL: tuple[Name, ...] = ("list", "get", "find", "describe", "create", "update")
ANY: Ends = frozenset({"unharmed", "retried", "looked up", "refused", "incomplete"})
AGAIN: Ends = frozenset({"unharmed", "retried", "incomplete"})
GIVEN_UP: Ends = frozenset({"incomplete"})
DENIED: Ends = frozenset({"retried", "refused", "incomplete"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at one request of an operation, or on the way to it.

    ``reads`` are the ends allowed to reading operations; of a write the harness proves whatever it says.
    ``reaches``: whether the system gets the request that is answered wrongly ("either": both are tried,
    for a write cannot tell). ``lasting``: the requests after it are hit too. ``transport`` is given to the
    transport.
    """

    name: str
    act: Act | None = None
    way: Way | None = None
    reads: Ends = AGAIN
    reaches: Literal["yes", "no", "either"] = "either"
    lasting: bool = False
    operations: tuple[Name, ...] = ALL
    transport: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


NOTHING_LEFT = {"x_ratelimit_limit": "1", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "604800",
                "ratelimit": '"default";r=0;t=604800', "sforce_limit_info": "api-usage=100/100"}  # fmt: skip
NO_SENSE = {"x_ratelimit_limit": "-1", "x_ratelimit_remaining": "many", "x_ratelimit_reset": "never",
            "ratelimit": "?", "sforce_limit_info": "api-usage=x/y", "retry_after": "soon"}  # fmt: skip
WEAK = 'W/"'

IMPATIENT = {"timeout": 0.15}
HURRIED = {"timeout": 5, "deadline": 0.3}

ON_THE_WAY = (
    Fault("its name is not known for a moment", way=nowhere(1)),
    Fault("its name is not known", way=nowhere(), reads=GIVEN_UP),
    Fault("the connection is refused for a moment", way=refused(1)),
    Fault("the connection is refused", way=refused(), reads=GIVEN_UP),
    Fault("its certificate is nobody's", way=badly_certified, reads=GIVEN_UP),
    Fault("its certificate has expired", way=expired, reads=GIVEN_UP),
    Fault("its certificate is another host's", way=misnamed, reads=GIVEN_UP),
)

LOST = (
    Fault("hangs up without a word", does.hang_up),
    Fault("hangs up without a word, and again", does.hang_up, lasting=True, reads=GIVEN_UP),
    Fault("resets the connection", does.reset),
    Fault("says nothing", does.say_nothing, transport=IMPATIENT),
    Fault("stops in the middle", does.stop_in_the_middle, reaches="yes", transport=IMPATIENT),
    Fault("dribbles", does.dribble, reaches="yes", transport=HURRIED, operations=("list", "create")),
    Fault("cuts the answer short", does.cut_short, reaches="yes"),
    Fault("cuts the answer short, and again", does.cut_short, reaches="yes", lasting=True),
    Fault("cuts an answer short that tells no length", does.cut_short_unannounced, reaches="yes"),
    Fault("breaks a chunk", does.break_a_chunk, reaches="yes"),
    Fault("answers garbage", does.send_garbage),
    Fault("sends hundreds of headers", does.headed(**{f"x_{n}": "1" for n in range(300)}), reaches="yes"),
    Fault("says gzip and sends none", does.labelled("gzip", scramble=False), reaches="yes"),
)

NONSENSE = (
    Fault("200 with nothing", does.answer(200, b""), reads=GIVEN_UP),
    Fault("200 with a sign-in page", does.answer(200, does.SIGN_IN_PAGE), reads=GIVEN_UP),
    Fault("200 with a sign-in page, and again", does.answer(200, does.SIGN_IN_PAGE), lasting=True, reads=GIVEN_UP),
    *(
        Fault(f"200 with {text}", does.answer(200, text.encode()), reads=GIVEN_UP)
        for text in ("[]", "{}", '{"x":1}', "null", "0", '"ok"', "[[]]", "[null]")
    ),
    # Only of a write that was done: where 204 is how the system says so, nobody can tell a false one from a true one.
    Fault("204", does.answer(204, b""), reaches="yes", reads=GIVEN_UP),
    Fault("100,000 levels deep", does.answer(200, b"[" * 100_000 + b"]" * 100_000), reads=GIVEN_UP),
    Fault("a gzip bomb", does.bomb, reads=GIVEN_UP, transport={"max_bytes": 1_000_000}),
    Fault("packed in an unknown way", does.labelled("x-secret", scramble=True), reaches="yes", reads=GIVEN_UP),
    Fault("UTF-16", does.encoded("utf-16", "utf-16"), reaches="yes", reads=GIVEN_UP),
    Fault("Latin-1", does.encoded("latin-1", "iso-8859-1"), reaches="yes", reads=AGAIN),
    Fault("half a character", does.half_a_character, reaches="yes", reads=AGAIN),
    Fault("NaN", does.not_a_number, reaches="yes", reads=GIVEN_UP),
    Fault("a list whose first item is null", does.one_item_is_null, reaches="yes", reads=DENIED),
    Fault("the answer before, once more", does.send_the_answer_before, reaches="yes"),
    Fault("the answer before, without end", does.send_the_answer_before, reaches="yes", lasting=True),
)

ODD = (
    Fault("a byte order mark", does.encoded("utf-8-sig"), reaches="yes"),
    Fault("a record of ten megabytes", does.ten_megabytes, reaches="yes"),
    Fault("the answer twice", does.send_it_twice, reaches="yes"),
)

LIES = (
    Fault("a count that is one too high", does.miscounted(1), reaches="yes"),
    Fault("a count that is one too low", does.miscounted(-1), reaches="yes"),
    Fault("limits that say nothing is left", does.headed(**NOTHING_LEFT), reaches="yes"),
    Fault("limits that make no sense", does.headed(**NO_SENSE), reaches="yes"),
    Fault("a clock that is a day ahead", does.headed(date="Tue, 03 Mar 2026 09:00:00 GMT"), reaches="yes"),
    Fault("a clock that is a day behind", does.headed(date="Sun, 01 Mar 2026 09:00:00 GMT"), reaches="yes"),
    Fault("a clock that cannot be read", does.headed(date="soon"), reaches="yes"),
    Fault("an ETag that is weak", does.tagged(lambda tag: f'W/"{tag.strip(WEAK)}"'), reaches="yes"),
    Fault("an ETag of another time", does.tagged(lambda tag: '"0"'), reaches="yes"),
    Fault("no ETag", does.tagged(lambda tag: ""), reaches="yes"),
)

REDIRECTS = tuple(
    Fault(f"{status} {where}", does.redirect(status, to), reads=reads, lasting=lasting,
          reaches="either" if status == 303 else "no")
    for status in (301, 302, 303, 307, 308)
    for where, to, reads, lasting in (
        ("to the same place", None, AGAIN, False),
        ("to another host", "https://other.example/", GIVEN_UP, False),
        ("in a circle", None, GIVEN_UP, True),
    )
)  # fmt: skip

DENIALS = (
    *(
        Fault(str(status), does.answer(status), reaches="no", reads=DENIED)
        for status in (400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423, 425, 428)
    ),
    *(
        Fault(f"{status} with a page", does.answer(status, does.SIGN_IN_PAGE), reaches="no", reads=DENIED)
        for status in (401, 403, 404, 410)
    ),
    Fault("401, and again", does.answer(401), reaches="no", lasting=True, reads=DENIED),
)

LATER = datetime(2026, 3, 2, 9, 0, 2, tzinfo=UTC)
"""Two seconds after ``NOW``, the time of the server that names it."""
NOW = format_datetime(LATER - timedelta(seconds=2), usegmt=True)

BUSY = (
    *(
        Fault(f"429, {form}", does.answer(429, retry_after=value, date=NOW), reaches="no")
        for form, value in {
            "Retry-After: 2": "2",
            "Retry-After: a date": format_datetime(LATER, usegmt=True),
            "Retry-After: an RFC 850 date": "Monday, 02-Mar-26 09:00:02 GMT",
            "Retry-After: an asctime date": "Mon Mar  2 09:00:02 2026",
            "Retry-After: -5": "-5",
            "Retry-After: 1.5": "1.5",
            "Retry-After: nothing": "",
            "Retry-After: soon": "soon",
            "Retry-After: an ISO date": LATER.isoformat(),
            "Retry-After: 120, 60": "120, 60",
            "Retry-After: a week": "604800",
        }.items()
    ),
    Fault("429 without Retry-After", does.answer(429), reaches="no"),
    Fault("429, and again", does.answer(429), reaches="no", lasting=True, reads=GIVEN_UP),
)

TROUBLE = (
    *(Fault(str(status), does.answer(status)) for status in (500, 502, 503, 504)),
    Fault("503 with a page", does.answer(503, does.SIGN_IN_PAGE, retry_after="1")),
    Fault("500, and again", does.answer(500), lasting=True, reads=GIVEN_UP),
    Fault("503, and again", does.answer(503, retry_after="soon"), lasting=True, reads=GIVEN_UP),
)

FAULTS: tuple[Fault, ...] = (*ON_THE_WAY, *LOST, *NONSENSE, *ODD, *LIES, *REDIRECTS, *DENIALS, *BUSY, *TROUBLE)
