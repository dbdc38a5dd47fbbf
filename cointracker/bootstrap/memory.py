"""How the C library hands out memory."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD, OWN_PAGES_FROM = -3, 128 * 1024


def return_memory_early() -> bool:
    """Let every larger block have pages of its own, and give them back; whether that was possible.

    glibc raises the size from which it does so each time such a block is freed, up to 32 MB. Then
    the passing results of queries lie between what stays, and leave holes that are not given back.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM) == 1
