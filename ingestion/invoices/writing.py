"""How vendors write days and amounts, as SQL over a text column. Pure.

What cannot be read stays as it is written, so that it is told with its place.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.expressions import literal, quoted
from ingestion.ledger.writing import DayFirst, DecimalMark

SPACES: Final = r"[\s\x{00A0}\x{202F}]"
MONEY_SIGN: Final = rf"{SPACES}|[€$£¥]|^{SPACES}*[A-Z]{{3}}\b|\b[A-Z]{{3}}{SPACES}*$"
"""What stands around an amount and is no part of it: `EUR 1 234.50`, `$12`."""
TWO_NUMBERS: Final = (
    rf"[0-9]{SPACES}+[0-9]{{1,2}}(?:[^0-9]|$)|[0-9]{SPACES}+[0-9]{{4}}|[0-9]{{4}}{SPACES}+[0-9]|[0-9]\s*[\t\n\v\f\r]\s*[0-9]"
    rf"|[.,]{SPACES}+[0-9]|[0-9]{SPACES}+[.,]"
)
"""Digits apart that are no groups of three, as two cells that ran together: `12 5` is not 125."""
PLAIN: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
MOMENT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$"
MARKS: Final = r"[()+'\x{2019}-]"
_GROUPED: Final = {
    ".": r"(?:[0-9]{1,3}(?:[,'\x{2019}][0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
    ",": r"(?:[0-9]{1,3}(?:[.'\x{2019}][0-9]{3})+(?:,[0-9]*)?|[0-9]+(?:,[0-9]*)?|,[0-9]+)",
}
# Two digits of a year are tried before four, which would take them for the first century.
SPELLED: Final = (
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%d-%B-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
)
SPELLED_MONTHS: Final = ("%b %y", "%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%B-%Y", "%m/%Y", "%m.%Y", "%m-%Y")


def amount(name: str, *, mark: DecimalMark, plain_files: tuple[int, ...] = ()) -> str:
    """Return a number's plain text: groups, currencies, brackets and a sign behind it are read.

    | text           | mark | becomes  |
    |----------------|------|----------|
    | $1,234.50      | .    | 1234.50  |
    | (1,234.50)     | .    | -1234.50 |
    | 1.234,50- EUR  | ,    | -1234.50 |
    | EUR 1 234.50   | .    | 1234.50  |
    | 12 5           | .    | 12 5     |

    :param plain_files: files whose numbers have a point, whatever the mark, as workbooks' have.
    """
    column = quoted(name)
    by_mark = _by_mark(column, mark)
    if mark == "." or not plain_files:
        return by_mark
    numbers = ", ".join(map(str, plain_files))
    return f"CASE WHEN x_file_number IN ({numbers}) THEN {_by_mark(column, '.')} ELSE {by_mark} END"


def _by_mark(column: str, mark: DecimalMark) -> str:
    bare = f"regexp_replace({column}, {literal(MONEY_SIGN)}, '', 'g')"
    number = _GROUPED[mark]
    form = rf"^(?:\({number}\)|[+-]?{number}|{number}-)$"
    unsigned = f"regexp_replace({bare}, {literal(MARKS)}, '', 'g')"
    digits = f"replace({unsigned}, ',', '')" if mark == "." else f"replace(replace({unsigned}, '.', ''), ',', '.')"
    sign = f"CASE WHEN regexp_matches({bare}, '^[(-]|-$') THEN '-' ELSE '' END"
    plain = f"WHEN regexp_matches({bare}, {literal(PLAIN)}) THEN {bare} " if mark == "." else ""
    # Behind a space, what would be a number with the other mark is none.
    other = column if mark == "." else f"{column} || ' '"
    two = rf"{TWO_NUMBERS}|[{mark}][0-9]+{SPACES}+[0-9]"
    apart = f"WHEN regexp_matches({column}, {literal(two)}) THEN {column} || ' '"
    return f"CASE {apart} {plain}WHEN regexp_matches({bare}, {literal(form)}) THEN {sign} || {digits} ELSE {other} END"


def day(name: str, *, slashed: DayFirst | None) -> str:
    """Return a day, or the first of a month, as `2026-10-31`; of a moment the day.

    | text                              | becomes    |
    |-----------------------------------|------------|
    | 2026-10-31T10:00:00Z, 20261031    | 2026-10-31 |
    | 31.10.2026, 31 Oct 2026           | 2026-10-31 |
    | 10/31/2026, slashed as MM/DD/YYYY | 2026-10-31 |
    | 2026-10, October 2026, 10/2026    | 2026-10-01 |
    """
    column = quoted(name)
    text = f"trim({column})"
    slashes = {None: (), "DD/MM/YYYY": ("%d/%m/%y", "%d/%m/%Y"), "MM/DD/YYYY": ("%m/%d/%y", "%m/%d/%Y")}[slashed]
    formats = ("%d.%m.%y", "%d.%m.%Y", *slashes, *SPELLED, *SPELLED_MONTHS)
    spelled = ", ".join(literal(one) for one in formats)
    return (
        f"CASE WHEN regexp_matches({text}, {literal(MOMENT)}) THEN left({text}, 10)"
        f" WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}$') THEN {text} || '-01'"
        f" WHEN regexp_matches({text}, '^(19|20)[0-9]{{6}}$')"
        f" THEN left({text}, 4) || '-' || substr({text}, 5, 2) || '-' || right({text}, 2)"
        f" ELSE coalesce(strftime(try_strptime({text}, [{spelled}]), '%Y-%m-%d'), {column}) END"
    )


def is_month(name: str) -> str:
    """Return whether a date names a month and no day in it."""
    text = f"trim({quoted(name)})"
    months = ", ".join(literal(one) for one in SPELLED_MONTHS)
    return (
        f"(regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}$') OR (try_strptime({text}, [{months}]) IS NOT NULL"
        f" AND NOT regexp_matches({text}, '[0-9]+[^0-9]+[0-9]+[^0-9]+[0-9]+')))"
    )
