"""The workers' way in: `celery -A itfm.celery worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itfm.settings")
# By name: organizations stand above, and the class is looked up when the first task is made.
app = Celery("itfm", task_cls="itfm.accounts.background:OrganizationTask")
app.set_default()  # for every thread of the web server, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.include = ["itfm.pipeline"]
