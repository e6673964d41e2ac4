"""From saved views to the menu on Explore and to their own page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from allocation.costs.query import CostQuery
from itfm.accounts.models import Membership
from itfm.web.components import Empty, Link
from itfm.web.explore.drill import address, params_of
from itfm.web.explore.page import ViewLink, ViewMenu, ViewsPage
from itfm.web.explore.saved import deleted_views_of, views_of
from itfm.web.lens import Lens
from itfm.web.models import SavedView
from itfm.web.shell.page import Shell


def view_menu(query: CostQuery, lens: Lens, *, membership: Membership) -> ViewMenu:
    """Return the views beside a question."""
    own, shared = _apart(views_of(membership), membership, current=params_of(query, lens))
    may_write = membership.may("views.write")
    return ViewMenu(
        own=own, shared=shared, save_url=address(query, lens, to=reverse("explore_view_save")) if may_write else ""
    )


def views_page(*, shell: Shell, membership: Membership, at: datetime) -> ViewsPage:
    """Return the page of all views that a member may open."""
    own, shared = _apart(views_of(membership), membership)
    deleted = tuple(_link(view) for view in deleted_views_of(membership, at=at))
    may_write = membership.may("views.write")
    how = "Ask a question on Explore, then choose “Save this view” from its menu of views."
    empty = Empty(
        title="No view is saved yet",
        text=how if may_write else "Views that colleagues share appear here.",
        action=Link(label="Go to Explore", url=reverse("explore")),
    )
    return ViewsPage(
        shell=shell,
        own=own,
        shared=shared,
        deleted=deleted if may_write else (),
        may_write=may_write,
        empty=None if own or shared else empty,
    )


def _apart(
    views: Sequence[SavedView], membership: Membership, *, current: str = ""
) -> tuple[tuple[ViewLink, ...], tuple[ViewLink, ...]]:
    """Return the member's own views and those of others."""
    own = [view for view in views if view.owner_id == membership.user_id]
    others = [view for view in views if view.owner_id != membership.user_id]
    return tuple(_link(view, current) for view in own), tuple(_link(view, current) for view in others)


def _link(view: SavedView, current: str = "") -> ViewLink:
    return ViewLink(
        id=view.pk,
        name=view.name,
        url=f"{reverse('explore')}?{view.params}",
        owner=str(view.owner or "a program"),
        is_shared=view.is_shared,
        is_current=view.params == current,
        deleted_at=view.deleted_at,
    )
