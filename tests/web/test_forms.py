"""A form keeps its secret against forgery wherever its template is included; Django's test client does not ask for it."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
TEXTS = {
    str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html"))
}
INCLUDE = re.compile(r'{%\s*include "([^"#]+)[^"]*"([^%]*)%}')


def with_a_form(name, seen=()):
    """Tell whether a template, or one that it includes, writes the secret of a form."""
    if name in seen or name not in TEXTS:
        return False
    if "{% csrf_token %}" in TEXTS[name]:
        return True
    return any(with_a_form(inner, (*seen, name)) for inner, _ in INCLUDE.findall(TEXTS[name]))


@pytest.mark.parametrize("name", TEXTS)
def test_no_form_is_included_without_the_secret_of_its_page(name):
    shut_out = [
        inner
        for inner, rest in INCLUDE.findall(TEXTS[name])
        if "only" in rest.split() and "csrf_token=" not in rest and with_a_form(inner)
    ]

    assert shut_out == []
