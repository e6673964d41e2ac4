"""Texts that a spreadsheet would run, in Python and in DuckDB alike."""

import pytest

from itfm.core.inert import as_written, inert, inert_expression
from tests import duck

LIVE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\rx",
    "\nx",
    " =1",
    "\u00a0=1",
    "\v+1",
    "\uff1d1",
    "\uff201",
    "-",
    "  @x",
]
PLAIN = ["", " ", "a=1", "1-2", "x\n=1", "'=1", "Zürich", "100", "#1", ";=1"]


@pytest.mark.parametrize("text", LIVE)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert inert(text) == "'" + text
    assert as_written(inert(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_any_other_text_is_left_as_it_is(text):
    assert inert(text) == text
    assert as_written(text) == text or text == "'=1"


@pytest.mark.parametrize("text", LIVE + PLAIN)
def test_the_database_of_bills_agrees(text):
    assert duck.rows(f"SELECT {inert_expression('?1')}", [text]) == [(inert(text),)]
