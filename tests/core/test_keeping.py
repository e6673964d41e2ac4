"""What is kept is given again only by the program that worked it out."""

import pytest

from itfm.core import keeping
from itfm.core.keeping import kept, sources_digest
from itfm.core.tenancy import tenant


@pytest.mark.django_db
def test_an_answer_of_earlier_sources_is_worked_out_anew(acme, monkeypatch):
    with tenant(acme.id):
        first = kept("sum", "october", lambda _: 1)
        again = kept("sum", "october", lambda _: 2)
        monkeypatch.setattr(keeping, "sources_digest", lambda package: f"{package} mended")
        mended = kept("sum", "october", lambda _: 3)

    assert (first, again, mended) == (1, 1, 3)


def test_every_source_of_a_package_counts(tmp_path):
    (tmp_path / "deep").mkdir()
    found = {sources_digest(tmp_path)}
    for text in ("a = 1", "a = 2"):
        (tmp_path / "deep" / "module.py").write_text(text)
        sources_digest.cache_clear()
        found.add(sources_digest(tmp_path))
    sources_digest.cache_clear()

    assert len(found) == 3
