"""Exchange rates: a file is read whole or not at all, and a range says what other currencies leave open."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.commons.rates import least_open, parse
from hub.store import rates
from hub.store.engine import open_engine, reading

FILE = "Date,USD,JPY,GBP,\n2026-03-31,1.25,150,N/A,\n2026-03-30,1.20,,0.80,\n\n"
RATES = {"EUR": Decimal(1), "USD": Decimal("1.25"), "JPY": Decimal(150)}


def view(open_: str, **others: str) -> dict[str, Any]:
    pledged = [{"amount": amount, "currency": currency} for currency, amount in others.items()]
    return {"totals.gap": [{"amount": open_, "currency": "USD"}], "totals.pledged": pledged, "totals.committed": []}


def test_a_table_of_reference_rates_is_read_with_its_gaps() -> None:
    days = parse(FILE.splitlines(), "EUR")
    assert days["2026-03-31"] == RATES
    assert days["2026-03-30"] == {"EUR": Decimal(1), "USD": Decimal("1.20"), "GBP": Decimal("0.80")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Line 1"), ("Day,USD\n2026-03-31,1\n", "Line 1"), ("Date\n2026-03-31\n", "Line 1"), ("Date,US$\n", "Line 1"),
        ("Date,USD\n", "no day in it"), ("Date,USD\n31.3.2026,1\n", r"Line 2: '31\.3\.2026' is no day"),
        ("Date,USD\n2026-03-31,1\n2026-03-30,-1\n", "Line 3: '-1' is no rate for USD"), ("Date,USD\n2026-03-31,NaN\n", "no rate for USD"),
        ("Date,USD\n2026-03-31,0\n", "no rate"), ("Date,USD\n2026-03-31,a lot\n", "no rate"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text.splitlines(), "EUR")


def test_the_least_that_is_open_counts_other_currencies_at_the_rates_of_the_day() -> None:
    assert least_open(view("1000", EUR="100"), RATES) == {"amount": "875", "currency": "USD"}
    assert least_open(view("1000", EUR="100", JPY="15000"), RATES) == {"amount": "750", "currency": "USD"}
    assert least_open(view("100", EUR="100"), RATES) == {"amount": "0", "currency": "USD"}
    assert least_open(view("1000", USD="100"), RATES) is None, "nothing else: the gap says it all"
    assert least_open(view("1000", EUR="100", GBP="5"), RATES) is None, (
        "a rate is missing: no number is better than a wrong one"
    )
    assert least_open({"totals.gap": None}, RATES) is None


def test_loading_takes_the_place_of_the_same_days_and_a_bad_file_of_nothing(tmp_path: Path) -> None:
    config, file = tmp_path / "config.toml", tmp_path / "rates.csv"
    config.write_text('[hub]\ndatabase = "sqlite:///hub.db"\n[members.elm]\nname = "Elm Fund"\n')

    def load(text: str) -> Any:
        file.write_text(text)
        return CliRunner().invoke(main, ["rates", "load", str(file), "--config", str(config)])

    result = load(FILE)
    assert result.exit_code == 0 and "2 days, the newest 2026-03-31 with 3 currencies" in result.output, result.output
    assert load("Date,USD\n2026-03-31,1.30\n").exit_code == 0
    bad = load("Date,USD\n2026-04-01,1.30\n2026-04-02,x\n")
    assert bad.exit_code == 2 and "rates.csv: Line 3" in bad.output, bad.output
    engine = open_engine(f"sqlite:///{tmp_path / 'hub.db'}")
    with reading(engine) as conn:
        assert rates.latest(conn) == ("2026-03-31", {"EUR": Decimal(1), "USD": Decimal("1.30")})
    engine.dispose()
