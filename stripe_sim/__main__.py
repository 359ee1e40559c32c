"""`python -m stripe_sim --port 12111 --db FILE [--webhook URL --secret whsec_...]`"""

import argparse
import signal
import sys
import threading

from stripe_sim.server import prepare


def main() -> None:
    parser = argparse.ArgumentParser(prog="stripe_sim", description="A stand-in for Stripe's API. Test payments only.")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--db", default=":memory:", help="a file, or :memory: (the default)")
    parser.add_argument("--webhook", default="", metavar="URL", help="where every event goes")
    parser.add_argument("--secret", default="", metavar="whsec_...", help="what events are signed with")
    parser.add_argument("--quiet", action="store_true", help="do not print requests")
    chosen = parser.parse_args()
    if bool(chosen.webhook) != bool(chosen.secret):
        parser.error("--webhook and --secret go together")
    running = prepare(
        port=chosen.port, db=chosen.db, host=chosen.host, webhook_url=chosen.webhook, webhook_secret=chosen.secret
    )
    running.server.is_talkative = not chosen.quiet

    def end(*_: object) -> None:
        # In a thread of its own: shutdown waits for serve_forever, which this handler interrupted.
        threading.Thread(target=running.server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    sys.stdout.write(f"Stand-in for Stripe at {running.url} (test payments; key sk_test_sim)\n")
    sys.stdout.flush()
    running.serve()
    running.faults.stopping.set()
    running.server.server_close()
    running.account.store.close()


if __name__ == "__main__":
    main()
