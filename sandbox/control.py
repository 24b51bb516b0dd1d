"""Remote control of a sandbox that runs on its own, below ``/__sandbox__/``."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sandbox.faults import Fault
from sandbox.messages import ApiError, Response, ok
from sandbox.truth import truth

if TYPE_CHECKING:
    from sandbox.messages import Request
    from sandbox.site import Site


def control(jira: Site, request: Request) -> Response:
    """Answer a control request: counts, truth, mutate, advance, faults, reset."""
    name = request.path.rsplit("/", 1)[-1]
    if name == "counts":
        shape: dict[str, Any] = {"total": sum(jira.counts.values())}
        shape["violations"] = len(jira.limiter.violations)
        return ok({**shape, "refused": jira.limiter.refused, "counts": dict(jira.counts)})
    if name == "reset":
        jira.reset_counts()
        return ok({})
    if name == "truth":
        tables = truth(jira)
        wanted = request.listed("table") or list(tables)
        if request.param("rows") == "true":
            return ok({table: tables[table] for table in wanted})
        return ok({table: len(tables[table]) for table in wanted})
    if name == "mutate":
        rng = random.Random(request.number("seed", 0) or None)
        count = request.number("count", 1)
        return ok([jira.mutate.mutate_randomly(rng) for _ in range(count)])
    if name == "advance":
        jira.clock.advance(float(request.param("seconds", "0") or 0))
        return ok({"now": jira.clock.now_ms()})
    if name == "faults":
        jira.faults.add(Fault(**request.json()))
        return ok({"active": len(jira.faults.active)})
    raise ApiError(404, [f"unknown control {name}"])
