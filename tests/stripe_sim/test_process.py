"""`python -m stripe_sim` as a process of its own."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.stripe_sim.stand_in import client_of


def test_it_says_its_address_keeps_its_data_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stripe_sim", "--port", "0", "--db", str(tmp_path / "sim.sqlite3")]
    command += ["--webhook", "http://127.0.0.1:9/stripe/webhook", "--secret", "whsec_test", "--quiet"]
    names = []
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            line = process.stdout.readline() if process.stdout else ""
            url = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert url, line
            sdk = client_of(url[0]).v1
            sdk.customers.create({"name": "Ada"})
            names.append([customer.name for customer in sdk.customers.list().data])
            endpoints = sdk.webhook_endpoints.list().data
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0

    assert names == [["Ada"], ["Ada", "Ada"]]
    assert [endpoint.url for endpoint in endpoints] == ["http://127.0.0.1:9/stripe/webhook"]
