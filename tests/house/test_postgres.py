import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ASK = "import os; print(os.environ['DATABASE_URL'], flush=True); "


def start(code, **variables):
    """`python -m tests.postgres python -c code`, without the PostgreSQL of this run, and the address it was given."""
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "tests.postgres", sys.executable, "-c", ASK + code]
    runner = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**clean, **variables}, stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout is not None
    return runner, runner.stdout.readline().strip()


def finish(runner):
    try:
        return runner.wait(timeout=60)
    finally:
        runner.kill()
        runner.stdout.close()


def test_a_command_gets_a_server_of_its_own_and_hands_its_exit_code_through():
    count = (
        "import psycopg; n = psycopg.connect(os.environ['DATABASE_URL']).execute('show max_connections').fetchone(); "
    )
    runner, address = start(count + "raise SystemExit(7 if n == ('200',) else 1)")

    assert finish(runner) == 7
    assert address.startswith("postgresql://postgres:@/postgres?host=")
    assert not Path(address.split("host=")[1]).exists()


def test_a_server_whose_command_is_told_to_stop_is_removed_too():
    runner, address = start("import time; time.sleep(60)")
    folder = Path(address.split("host=")[1])
    assert folder.exists()

    runner.send_signal(signal.SIGTERM)

    assert finish(runner) == 128 + signal.SIGTERM
    assert not folder.exists()


def test_a_postgresql_that_is_there_already_is_used():
    runner, address = start("", DATABASE_URL="postgresql://somebody@elsewhere/till")

    assert (finish(runner), address) == (0, "postgresql://somebody@elsewhere/till")
