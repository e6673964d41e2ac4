"""Bodies are read strictly."""

from decimal import Decimal

import pytest

from itfm.api.documents import MOST_DEPTH, DocumentError, read


def test_numbers_are_exact():
    assert read(b'[1, 1.10, 0.1000000000000000055, 1e-7]') == [
        Decimal("1"), Decimal("1.10"), Decimal("0.1000000000000000055"), Decimal("1E-7"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"NaN", b"[Infinity]", b"[-Infinity]", b"[1e400999]", b"[01]", b"\xff", b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}', b'{"a": {"b": 1, "b": 1}}', b'["\\u0000"]', b'["\\ud800"]', b'{"\\udfff": 1}',
        b"[" * 100_000, b'{"a":' * 60 + b"1" + b"}" * 60, b"[" + b"1" * 61 + b"]", b"[\"" + b"x" * 1_000_000 + b"\"]",
    ],
)  # fmt: skip
def test_what_is_no_plain_json_is_refused(body):
    with pytest.raises(DocumentError):
        read(body)


def test_brackets_inside_a_text_are_no_depth():
    assert read(b'["' + b"[" * 200 + b'\\"' + b"]" * 200 + b'"]')


def test_the_depth_allowed_is_read():
    assert read(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH)
