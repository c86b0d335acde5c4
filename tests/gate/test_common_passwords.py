"""What guessers try first is no password; what people think of for themselves is."""

from __future__ import annotations

import pytest

from hub.people import accounts
from hub.people.common_passwords import is_common
from tests.web.conftest import Site

OWNER = ("ada.larch@elm.test", "Ada Larch")


@pytest.mark.parametrize(
    "password",
    ["password123", "P@ssw0rd2026!", "1234567890", "0987654321", "qwertyuiop", "Qwertyuiop1", "aaaaaaaaaa", "abcabcabcabc",
     "welcome2026", "Welcome 2026!", "letmein!!!!", "iloveyou2026", "Summer2026!!", "1q2w3e4r5t6y", "admin12345", "changeme123",
     "passwordpassword", "welcomeadmin1", "larch123456", "Larch-2026!", "ｐａｓｓｗｏｒｄ１２３", "zxcvbnm123", "poiuytrewq", "commonshub1"],
)  # fmt: skip
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert len(password) >= accounts.SHORTEST and is_common(password, OWNER)


@pytest.mark.parametrize(
    "password",
    ["a long enough one", "long enough now", "correct horse battery staple", "kT9#vv2Lm0qz", "password of the old mill",
     "welcome the seven herons", "كلمات لا صلة بينها", "8213907765418", "summer grants a hill"],
)  # fmt: skip
def test_what_somebody_thought_of_is_taken(password: str) -> None:
    assert not is_common(password, OWNER)


def test_nobody_is_given_a_password_that_guessers_try_first(site: Site) -> None:
    with pytest.raises(ValueError, match="Guessers try"):
        accounts.add_user(site.hub, "elm", "ada.larch@elm.test", "Ada Larch", ("staff",), "Welcome 2026!")
    accounts.add_user(site.hub, "elm", "ada.larch@elm.test", "Ada Larch", ("staff",), "a hill of seven herons")
