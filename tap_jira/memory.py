"""How the process keeps its memory: pages of many small objects, passed between threads."""

from __future__ import annotations

import contextlib
import ctypes
import gc

GC_THRESHOLD = (500_000, 20, 50)
MIB = 1 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""The names of options in glibc's ``malloc.h``."""
HEAP_OPTIONS = {
    _M_ARENA_MAX: 1,
    _M_MMAP_THRESHOLD: 32 * MIB,
    _M_TRIM_THRESHOLD: 8 * MIB,
}


def keep_one_heap() -> None:
    """Let all threads allocate from one heap, and keep some of what is free in it.

    To be called before there are any threads: glibc gives each its own heap. Pages are received by
    one thread and released by another, so each heap would grow and shrink with every page: a tenth
    of the time, and of the memory. Nothing is lost by sharing, since Python runs one thread at a
    time. Nor is a page's memory worth giving back to the system, which has to clear it for the next
    page. Elsewhere than on glibc there is nothing to do.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in HEAP_OPTIONS.items():
            mallopt(option, value)


def collect_seldom() -> None:
    """Look for cycles less often; to be called when what stays for the whole run is there.

    Pages are hundreds of thousands of objects without a cycle among them: with the usual
    thresholds, half of the time would go into looking for one.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
