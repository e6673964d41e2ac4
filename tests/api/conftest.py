"""A program that talks to the API."""

import json

import pytest
from django.test import Client

from itfm.core.policy import Role
from tests.conftest import key_of


class Program:
    """Somebody with a key."""

    def __init__(self, secret):
        self.client = Client()
        self.secret = secret

    def ask(self, method, path, body=None, **headers):
        more = {} if body is None else {"data": body if isinstance(body, str | bytes) else json.dumps(body)}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            content_type=named.pop("Content-Type", "application/json"),
            headers={"Authorization": f"Bearer {self.secret}", **named},
            **more,
        )

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)

    def put(self, path, body=None, **headers):
        return self.ask("PUT", path, body, **headers)


@pytest.fixture
def owner(acme):
    return Program(key_of(acme, Role.OWNER))


@pytest.fixture
def foreign(globex):
    return Program(key_of(globex, Role.OWNER))
