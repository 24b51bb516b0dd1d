"""Run a sandbox on its own: ``python -m sandbox --personality cloud --issues 1000``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from sandbox.options import Options, RateLimit
from sandbox.server import Sandbox


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--personality", choices=("cloud", "dc"), default="cloud")
    parser.add_argument("--issues", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per request")
    parser.add_argument("--context-path", default="")
    parser.add_argument("--time-zone", default="Europe/Berlin")
    parser.add_argument("--version", default="10.3.24", help="of the Data Center product")
    parser.add_argument("--tokens", choices=("stable", "unstable"), default="stable")
    parser.add_argument("--rate", type=float, help="requests per second and endpoint")
    parser.add_argument("--burst", type=int, default=10)
    parser.add_argument("--index-lag", type=float, default=0.0)
    parser.add_argument("--max-result-window", type=int)
    parser.add_argument("--mutate-every", type=int, default=0, help="live change per n requests")
    parser.add_argument("--tls", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Serve until told to stop."""
    args = _arguments()
    options = Options(
        personality=args.personality,
        issues=args.issues,
        seed=args.seed,
        context_path=args.context_path.rstrip("/"),
        time_zone=args.time_zone,
        version=args.version,
        tokens=args.tokens,
        latency_seconds=args.latency,
        rate_limit=RateLimit(args.rate, args.burst) if args.rate else None,
        index_lag_seconds=args.index_lag,
        max_result_window=args.max_result_window,
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Sandbox(options, port=args.port, tls=args.tls) as box:
        if args.mutate_every:
            box.on_request(args.mutate_every, lambda mutations, rng: mutations.mutate_randomly(rng))
        line = {"url": box.url, "settings": box.settings(), "ca_bundle": box.ca_bundle}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
