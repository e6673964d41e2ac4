"""How figures get onto a page: what is read, what is exact, what is said to those who cannot see it."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template


def rendered(source: str, **context: object) -> str:
    return Template("{% load figures %}" + source).render(Context(context))


def words(html: str) -> str:
    """What is left of a fragment without its tags, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_money_reads_rounded_and_keeps_every_digit():
    html = rendered("{% money cost 'USD' %}", cost=Decimal("1234.567800000000000000"))

    assert words(html) == "1,234.57 USD"
    assert 'data-exact="1,234.5678"' in html
    assert 'title="1,234.5678 USD"' in html
    assert 'value="1234.567800000000000000"' in html


def test_a_credit_has_a_proper_minus():
    html = rendered("{% money cost 'EUR' %}", cost=Decimal("-0.5"))

    assert words(html) == "\N{MINUS SIGN}0.50 EUR"
    assert "money-negative" in html


def test_an_amount_leaves_the_currency_to_its_column():
    html = rendered("{% amount cost 'JPY' %}", cost=Decimal("1234.5"))

    assert words(html) == "1,234"
    assert 'title="1,234.5 JPY"' in html


@pytest.mark.parametrize("tag", ["money nothing 'USD'", "amount nothing 'USD'", "percent nothing", "number nothing"])
def test_what_is_unknown_is_said_and_is_not_zero(tag):
    html = rendered("{% " + tag + " %}", nothing=None)

    assert words(html) == "&ndash; unknown"
    assert "0" not in words(html)


def test_a_currency_from_a_bill_cannot_bring_markup():
    html = rendered("{% money cost currency %}", cost=Decimal(1), currency="<script>")

    assert "<script>" not in html


@pytest.mark.parametrize(
    ("change", "said"),
    [("12.5", "increase of 12.50"), ("-12.5", "decrease of 12.50"), ("0", "no change")],
)
def test_the_direction_of_a_change_is_a_word(change, said):
    html = rendered("{% delta change None 'USD' %}", change=Decimal(change))

    assert said in words(html)


def test_a_change_has_its_percentage_without_a_second_sign():
    html = rendered("{% delta change percent 'USD' %}", change=Decimal(-25), percent=Decimal("-12.5"))

    assert words(html).replace("\N{NO-BREAK SPACE}", " ") == "▼ decrease of 25.00 · 12.5 %"


def test_no_month_to_compare_with_is_said():
    assert "no month to compare with" in rendered("{% delta None None 'USD' %}")


def test_a_period_is_read_by_people_and_by_programs():
    html = rendered("{% period first %} {{ first|period_key }}", first=date(2026, 10, 1))

    assert 'datetime="2026-10"' in html
    assert words(html) == "October 2026 2026-10"


def test_days_and_moments_are_spelled_out():
    at = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)

    assert words(rendered("{% day at %}", at=at.date())) == "4 Mar 2026"
    assert words(rendered("{% moment at %}", at=at)) == "4 Mar 2026, 05:06 UTC"
    assert words(rendered("{% moment at %}", at=None)) == "&ndash; none yet"


def test_counts_and_sizes_are_grouped():
    assert words(rendered("{% number count %}", count=1234567)) == "1,234,567"
    assert words(rendered("{% size count %}", count=1500)).replace("\N{NO-BREAK SPACE}", " ") == "1.5 kB"


def test_a_figure_cannot_end_its_script_element():
    figure = {"data": [{"name": "</script><b>"}]}

    html = rendered("{% figure figure 3 %}", figure=figure)

    assert html.count("</script>") == 1
    body = html.partition(">")[2].rpartition("</script>")[0]
    assert json.loads(body) == figure
    assert 'id="figure-3"' in html


def test_a_currency_in_a_column_of_amounts_is_text_and_not_markup():
    assert "<b>" not in rendered("{% amount value currency %}", value=Decimal("1.5"), currency="<b>")
