"""SQL expressions that read a bill's text as exact numbers, moments and JSON. Pure.

DuckDB's own casts are fast, but accept `1_000`, cut `1e-20` to nothing and round halves away from zero. The plain
casts below therefore serve only values of the plain form; `ODD_NUMBER` finds the others, which take the exact way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DECIMAL: Final = "DECIMAL(38,18)"
NUMBER: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
"""What a cost, price or quantity may look like."""
ODD_NUMBER: Final = r"[^0-9.|-]|\.[0-9]{19}"
"""Found in texts joined by '|' when at least one is not a plain number of up to 18 fractional digits."""
MOMENT: Final = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?(?:Z|[+-]00:?00)?$"
)
"""A date-time by parts; its hours may run past the day."""
OFFSET: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?[+-][0-9]{2}(:?[0-9]{2})?$"
PLAIN_MOMENT: Final = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9:.]+)?Z?$"
_NO_UTC: Final = r"(?:^|[^ ])U|U(?:[^T]|$)|UT(?:[^C]|$)|UTC[^|]|(?:^|[^U])TC|(?:^|[^T])C"
_NO_ZERO_OFFSET: Final = r"\+(?:$|[^0])|\+0(?:$|[^0])|\+00[^:|]|\+00:(?:$|[^0])|\+00:0(?:$|[^0])|\+00:00[^|]"
ODD_MOMENT: Final = rf"[^0-9TZUC:. |+-]|:[0-9.]*-|{_NO_UTC}|{_NO_ZERO_OFFSET}"
"""Found in texts joined by '|' when at least one is not a plain date-time in UTC: DuckDB's cast drops offsets.

Plain ones may end in Z, +00, +00:00 or, as BigQuery writes them, UTC.
"""


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Return an SQL text literal."""
    return "NULL::VARCHAR" if text is None else "'" + text.replace("'", "''") + "'"


def looked_up(text: str, answers: Mapping[str, str], *, otherwise: str = "NULL") -> str:
    """Return what a table answers to a text; `otherwise` is an expression."""
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(answers[word])}" for word in sorted(answers))
    return f"CASE {text} {cases} ELSE {otherwise} END" if cases else otherwise


def decimal(text: str) -> str:
    """Return a plain number as DECIMAL(38,18)."""
    return f"CAST({text} AS {DECIMAL})"


def exact_decimal(text: str) -> str:
    """Return any number that matches `NUMBER` as DECIMAL(38,18), rounded half to even at the 18th fractional digit.

    | text                      | value                |
    |---------------------------|----------------------|
    | 1.5E-3                    | 0.0015               |
    | 0.0000000000000000025     | 0.000000000000000002 |
    | 0.0000000000000000035     | 0.000000000000000004 |
    """
    plain = without_exponent(text)
    kept = rf"regexp_replace({plain}, '(\.[0-9]{{18}})[0-9]+$', '\1')"
    rest = rf"rtrim(regexp_extract({plain}, '\.[0-9]{{18}}([0-9]+)$', 1), '0')"
    is_odd = f"right({kept}, 1) IN ('1', '3', '5', '7', '9')"
    one = f"CAST('0.000000000000000001' AS {DECIMAL})"
    away = f"CASE WHEN {plain} LIKE '-%' THEN -{one} ELSE {one} END"
    rounds_up = f"{rest} > '5' OR ({rest} = '5' AND {is_odd})"
    return f"CAST({kept} AS {DECIMAL}) + CASE WHEN {rounds_up} THEN {away} ELSE 0 END"


def without_exponent(text: str) -> str:
    """Return a number's text written out: `1.5E-3` becomes `0.0015`."""
    sign = f"CASE WHEN {text} LIKE '-%' THEN '-' ELSE '' END"
    whole = f"regexp_extract({text}, '^[+-]?([0-9]*)', 1)"
    fraction = rf"regexp_extract({text}, '\.([0-9]*)', 1)"
    digits = f"({whole} || {fraction})"
    # Only tried: a word such as 'free' has an e and no number after it, and is told as what it is.
    exponent = f"TRY_CAST(regexp_extract({text}, '[eE]([+-]?[0-9]+)$', 1) AS INTEGER)"
    point = f"(length({whole}) + {exponent})"
    moved = (
        f"CASE WHEN {point} <= 0 THEN '0.' || repeat('0', -{point}) || {digits}"
        f" WHEN {point} >= length({digits}) THEN {digits} || repeat('0', {point} - length({digits}))"
        f" ELSE left({digits}, {point}) || '.' || substr({digits}, {point} + 1) END"
    )
    return f"CASE WHEN regexp_matches({text}, '[eE]') THEN {sign} || {moved} ELSE {text} END"


def moment(text: str) -> str:
    """Return a date-time as TIMESTAMP in UTC; one without zone is in UTC already (FOCUS, DateTimeFormat)."""
    return f"CAST({text} AS TIMESTAMP)"


def lenient_moment(text: str) -> str:
    """Return the same with more leniency; null for what is no date-time.

    Taken are offsets, a written `UTC`, and hours that run past the day, as in the commitment examples of FOCUS 1.2.

    | text                      | moment              |
    |---------------------------|---------------------|
    | 2023-01-01T10:00:00+02:00 | 2023-01-01 08:00:00 |
    | 2023-01-01T30:00:00Z      | 2023-01-02 06:00:00 |
    """
    bare = f"regexp_replace({text}, ' ?UTC$', '')"
    parts = [f"regexp_extract({bare}, {literal(MOMENT)}, {group})" for group in (1, 2, 3, 4)]
    hours, minutes, seconds = (f"CAST('0' || {part} AS INTEGER)" for part in parts[1:])
    clock = f"to_hours({hours}) + to_minutes({minutes}) + to_seconds({seconds})"
    return (
        f"CASE WHEN regexp_matches({bare}, {literal(OFFSET)}) THEN TRY_CAST({bare} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
        f" WHEN regexp_matches({bare}, {literal(PLAIN_MOMENT)}) AND TRY_CAST({bare} AS TIMESTAMP) IS NOT NULL"
        f" THEN TRY_CAST({bare} AS TIMESTAMP)"
        f" WHEN regexp_matches({bare}, {literal(MOMENT)}) THEN TRY_CAST({parts[0]} AS DATE) + {clock} END"
    )


def exact_json(text: str) -> str:
    """Return a JSON text in which the numbers of objects are texts, where one is long: the engine reads doubles.

    A quote behind a backslash is none that ends a key.
    """
    numbers = r"""'([^\\]"\s*:\s*)(-?[0-9][0-9.eE+-]*)', '\1"\2"', 'g'"""
    return f"CASE WHEN regexp_matches({text}, '[0-9.]{{16}}') THEN regexp_replace({text}, {numbers}) ELSE {text} END"


def sorted_object(text: str, *, prefix: str = "") -> str:
    """Return a JSON object's text with its keys sorted, behind a prefix, and no spaces; null for {} and no object."""
    is_object = f"json_valid({text}) AND json_type({text}) = 'OBJECT'"
    name = f"{literal(prefix)} || key" if prefix else "key"
    value = f"json_extract({text}, '/' || replace(replace(key, '~', '~0'), '/', '~1'))"
    pairs = (
        f"list_transform(list_sort(json_keys({text})), lambda key:"
        f" CAST(to_json({name}) AS VARCHAR) || ':' || CAST({value} AS VARCHAR))"
    )
    return f"CASE WHEN {is_object} THEN nullif('{{' || array_to_string({pairs}, ',') || '}}', '{{}}') END"
