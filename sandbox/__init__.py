"""A stand-in Jira for tests and demonstrations: Cloud and Data Center, on the loopback only."""

from sandbox.ailment import Ailment
from sandbox.clock import Clock
from sandbox.faults import Fault, asks_for_more_than
from sandbox.jira import Jira
from sandbox.messages import Request, Response
from sandbox.mutate import Mutations
from sandbox.options import Options, PageCaps, RateLimit
from sandbox.server import Sandbox
from sandbox.truth import truth

__all__ = [
    "Ailment",
    "Clock",
    "Fault",
    "Jira",
    "Mutations",
    "Options",
    "PageCaps",
    "RateLimit",
    "Request",
    "Response",
    "Sandbox",
    "asks_for_more_than",
    "truth",
]
