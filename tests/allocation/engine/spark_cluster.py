"""A real Spark cluster for tests: a standalone master and two workers, each a process of its own, on loopback only."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

WORKERS = 2
SECRET = secrets.token_hex(16)
LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Programs that live for minutes are not worth the best compiler."""
PATIENCE = 600
"""Seconds that a part of the cluster may take to answer."""


def missing():
    """Return what there is no Spark without, or None."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed: make spark"
    if java_version() < 17:
        return "Spark needs Java 17: make spark"
    return None


def java_version():
    """Return the major version of Java, 0 without any."""
    java = shutil.which("java")
    if java is None:
        return 0
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found.group(1)) if found else 0


@contextmanager
def cluster(folder):
    """Yield the master's address; all processes are gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
        stack.enter_context(running(folder, "master", [*master, "--webui-port", "0"]))
        wait_for(folder / "master.log", "I have been elected leader")
        for number in range(WORKERS):
            worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0"]
            worker += ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}"), address]
            stack.enter_context(running(folder, f"worker-{number}", worker))
        for number in range(WORKERS):
            wait_for(folder / f"worker-{number}.log", "Successfully registered with master")
        yield address


@contextmanager
def running(folder, name, words):
    """Run one part of the cluster."""
    home = Path(find_spec("pyspark").origin).parent
    (folder / f"{name}.properties").write_text("")
    environ = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
               "SPARK_LOCAL_DIRS": str(folder / "local"),
               "SPARK_DAEMON_JAVA_OPTS": f"-Dspark.authenticate=true -Dspark.authenticate.secret={SECRET} {LIGHT}"}  # fmt: skip
    command = [str(home / "bin" / "spark-class"), *words, "--properties-file", str(folder / f"{name}.properties")]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(log, words):
    """Wait until a log says something."""
    until = time.monotonic() + PATIENCE
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > until:
            raise TimeoutError(log.read_text(errors="replace")[-2000:])
        time.sleep(0.2)


def free_port():
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def application(address):
    """Yield a session of this process on the cluster, of a size for small tables."""
    from pyspark.sql import SparkSession

    before = os.environ.get("SPARK_LOCAL_IP")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.authenticate": "true",
        "spark.authenticate.secret": SECRET,
        "spark.executor.memory": "768m",
        "spark.executor.cores": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": LIGHT,
        "spark.executor.extraJavaOptions": LIGHT,
        "spark.sql.shuffle.partitions": "3",
        # What a run must not depend on.
        "spark.sql.ansi.enabled": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master(address).appName("itfm-tests")
    for setting, value in settings.items():
        builder = builder.config(setting, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()
        if before is None:
            del os.environ["SPARK_LOCAL_IP"]
        else:
            os.environ["SPARK_LOCAL_IP"] = before
