"""Addresses of allocation."""

from __future__ import annotations

from django.urls import path

from itfm.web.allocation import views
from itfm.web.allocation.account_tags import views as account_tags
from itfm.web.allocation.dimensions import views as dimensions
from itfm.web.allocation.drivers import views as drivers
from itfm.web.allocation.lines import views as lines
from itfm.web.allocation.lookups import views as lookups
from itfm.web.allocation.reallocations import views as reallocations
from itfm.web.allocation.runs import views as runs
from itfm.web.allocation.splits import views as splits
from itfm.web.allocation.tags import views as tags
from itfm.web.allocation.versions import views as versions

urlpatterns = [
    path("allocation", views.allocation, name="allocation"),
    path("allocation/running", views.running, name="allocation_running"),
    path("allocation/draft", views.draft_review, name="allocation_review"),
    path("allocation/draft/change", views.draft_change, name="allocation_change"),
    path("allocation/draft/undo", views.draft_undo, name="allocation_undo"),
    path("allocation/draft/redo", views.draft_redo, name="allocation_redo"),
    path("allocation/draft/discard", views.draft_discard, name="allocation_discard"),
    path("allocation/draft/<uuid:draft_id>/restore", views.draft_restore, name="allocation_restore"),
    path("allocation/coverage", lines.coverage, name="allocation_coverage"),
    path("allocation/trace", lines.trace, name="allocation_trace"),
    path("allocation/runs", runs.runs, name="allocation_runs"),
    path("allocation/runs/again", runs.allocate_again, name="allocation_again"),
    path("allocation/runs/<uuid:run_id>", runs.run, name="allocation_run"),
    path("allocation/reallocations", reallocations.reallocate, name="allocation_reallocate"),
    path("allocation/reallocations/<uuid:reallocation_id>", reallocations.reallocation, name="allocation_reallocation"),
    path(
        "allocation/reallocations/<uuid:reallocation_id>/cancel",
        reallocations.cancel,
        name="allocation_reallocation_cancel",
    ),
    path("allocation/versions", versions.versions, name="allocation_versions"),
    path("allocation/versions/import", versions.bring_in, name="allocation_import"),
    path("allocation/versions/<int:version>/export", versions.export, name="allocation_export"),
    path("allocation/versions/<int:version>/restore", versions.restore, name="allocation_version_restore"),
    path("allocation/texts", dimensions.texts, name="allocation_texts"),
    path("allocation/drivers", drivers.drivers, name="allocation_drivers"),
    path("allocation/drivers/add", drivers.add, name="allocation_driver_add"),
    path("allocation/drivers/<str:key>", drivers.driver, name="allocation_driver"),
    path("allocation/drivers/<str:key>/take-in", drivers.take_in, name="allocation_driver_take_in"),
    path("allocation/drivers/<str:key>/values", drivers.values, name="allocation_driver_values"),
    path("allocation/lookups", lookups.lookups, name="allocation_lookups"),
    path("allocation/add-lookup", lookups.add, name="allocation_lookup_add"),
    path("allocation/lookups/<slug:key>", lookups.lookup, name="allocation_lookup"),
    path("allocation/lookups/<slug:key>/edit", lookups.edit, name="allocation_lookup_edit"),
    path("allocation/lookups/<slug:key>/take-in", lookups.take_in, name="allocation_lookup_take_in"),
    path("allocation/lookups/<slug:key>/delete", lookups.delete, name="allocation_lookup_delete"),
    path("allocation/lookups/<slug:key>/rows.csv", lookups.rows, name="allocation_lookup_rows"),
    path("allocation/tags", tags.tags, name="allocation_tags"),
    path("allocation/tags/keys", tags.keys, name="allocation_tag_keys"),
    path("allocation/tags/similar", tags.similar, name="allocation_tags_similar"),
    path("allocation/tags/key", tags.tag_key, name="allocation_tag_key"),
    path("allocation/tags/key/delete", tags.delete, name="allocation_tag_delete"),
    path("allocation/tags/account", account_tags.account_tags, name="allocation_account_tags"),
    path("allocation/tags/account/delete", account_tags.delete, name="allocation_account_tags_delete"),
    path("allocation/splits/<str:key>", splits.split, name="allocation_split"),
    path("allocation/dimensions/<str:key>", dimensions.dimension, name="allocation_dimension"),
    path("allocation/dimensions/<str:key>/rules/<str:number>", dimensions.rule, name="allocation_rule"),
]
