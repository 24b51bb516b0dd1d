"""How the process keeps its memory: pages of many small objects, passed between threads."""

from __future__ import annotations

import contextlib
import ctypes
import gc

GC_THRESHOLD = (500_000, 20, 50)
_M_ARENA_MAX = -8
"""The name of the option in glibc's ``malloc.h``."""


def share_one_heap() -> None:
    """Let all threads allocate from one heap; to be called before there are any.

    glibc gives each thread its own. Pages are received by one thread and released by another, so
    each heap would grow and shrink with every page: a tenth of the time, and of the memory.
    Nothing is lost by sharing, since Python runs one thread at a time. Elsewhere than on glibc
    there is nothing to do.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Look for cycles less often; to be called when what stays for the whole run is there.

    Pages are hundreds of thousands of objects without a cycle among them: with the usual
    thresholds, half of the time would go into looking for one.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
