"""The workers' way in: `celery -A itfm.celery worker`."""

import os
from typing import Final

from celery import Celery
from kombu import Exchange, Queue

JOBS_QUEUE: Final = "jobs"
"""Calls to take a job (`itfm.core.jobs`), which may last long; everything else goes ahead of them."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itfm.settings")
# By name: organizations stand above, and the class is looked up when the first task is made.
app = Celery("itfm", task_cls="itfm.accounts.background:OrganizationTask")
app.set_default()  # for every thread of the web server, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in ("celery", JOBS_QUEUE)]
app.conf.include = ["itfm.pipeline"]
