"""Postgres, Redis, worker and web in one command, for machines that have none of them."""
