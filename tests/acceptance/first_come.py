"""Workers that serve whoever came first: what turns are compared with."""

from celery.signals import worker_process_init

from itfm.celery import app

__all__ = ["app"]


@worker_process_init.connect
def serve_first_come(**_: object) -> None:
    """Forget whose turn it is."""
    from itfm.core import jobs

    jobs.TURN = "queued_at, id"
