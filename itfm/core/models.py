"""The line of jobs: what waits for a worker, whatever it is and whosever it is."""

from __future__ import annotations

from django.db import models

from itfm.core.tenancy import TenantModel


class Job(TenantModel):
    """Work of one organization that a worker is to do, or does.

    A row says only that somebody should look; what there is to do stands with the thing itself, an import or a run.
    So a job that is done twice, or lost, changes no result.
    """

    task = models.CharField(max_length=120, help_text="Name of the task.")
    arguments = models.JSONField(help_text="Of the task, without the organization.")
    queued_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True, help_text="By the clock of the database.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "task", "arguments"],
                condition=models.Q(taken_at__isnull=True),
                name="core_job_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return self.task
