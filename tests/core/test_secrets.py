"""Sealed secrets: for one row of one organization, by a key that can be changed."""

from uuid import UUID

import pytest

from itfm.core.secrets import SealError, seal, unseal

ACME, GLOBEX = UUID(int=1), UUID(int=2)
ROW = "billsource/7/secret_access_key"


def test_a_sealed_secret_opens_for_its_row():
    assert unseal(seal("wJalr/é", organization_id=ACME, row=ROW), organization_id=ACME, row=ROW) == "wJalr/é"


def test_what_is_sealed_does_not_show_the_secret_and_never_looks_the_same():
    first, second = (seal("wJalrXUtnFEMI", organization_id=ACME, row=ROW) for _ in range(2))

    assert "wJalr" not in first
    assert first != second


@pytest.mark.parametrize(
    ("organization_id", "row"), [(GLOBEX, ROW), (ACME, "billsource/8/secret_access_key"), (ACME, "")]
)
def test_a_secret_moved_to_another_organization_or_row_does_not_open(organization_id, row):
    sealed = seal("wJalrXUtnFEMI", organization_id=ACME, row=ROW)

    with pytest.raises(SealError):
        unseal(sealed, organization_id=organization_id, row=row)


@pytest.mark.parametrize("place", [3, 20, 60, 90, 130])
def test_an_altered_secret_does_not_open(place):
    sealed = seal("wJalrXUtnFEMI", organization_id=ACME, row=ROW)
    other = "B" if sealed[place] == "A" else "A"

    with pytest.raises(SealError):
        unseal(sealed[:place] + other + sealed[place + 1 :], organization_id=ACME, row=ROW)


@pytest.mark.parametrize("text", ["", "v1:", "v1:AAAA", "v1:nonsense!", "v2:AAAA", "wJalrXUtnFEMI"])
def test_what_was_never_sealed_does_not_open(text):
    with pytest.raises(SealError):
        unseal(text, organization_id=ACME, row=ROW)


def test_secrets_outlive_a_change_of_the_key_that_keeps_the_old_one(settings):
    settings.SEALING_KEYS = ["old"]
    sealed = seal("wJalrXUtnFEMI", organization_id=ACME, row=ROW)

    settings.SEALING_KEYS = ["new", "old"]
    assert unseal(sealed, organization_id=ACME, row=ROW) == "wJalrXUtnFEMI"

    settings.SEALING_KEYS = ["new"]
    with pytest.raises(SealError):
        unseal(sealed, organization_id=ACME, row=ROW)
