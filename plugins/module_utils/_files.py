# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that users name: regular ones only, since a pipe may never begin and a device never end.

All errors are an OSError whose ``strerror`` says what is wrong; who knows the option makes a sentence of it.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ._clock import Clock

# Settings, certificates, tokens and records of shares are much smaller.
SIZE_LIMIT = 64 * 1024 * 1024
LOCK_TIMEOUT = 60.0
_LOCK_PAUSE = 0.02


def open_regular(path: str | Path, limit: float = math.inf) -> BinaryIO:
    """Open a regular file of at most ``limit`` bytes for reading; never waits for the other end of a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise OSError(errno.EINVAL, "Its path holds a character that no path may hold") from error
    state = os.fstat(descriptor)
    regular = stat.S_ISREG(state.st_mode)
    if not regular or state.st_size > limit:
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"Larger than {limit} bytes" if regular else "Not a regular file")
    return os.fdopen(descriptor, "rb")


def read_regular(path: str | Path, limit: int = SIZE_LIMIT) -> bytes:
    """Return the content of a regular file of at most ``limit`` bytes."""
    with open_regular(path, limit) as file:
        # What has no size, as the files of /proc, may have no end either.
        return file.read(limit)


@contextlib.contextmanager
def locked(path: Path, clock: Clock, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Let nobody else lock the same path meanwhile; waits at most ``timeout`` seconds for others.

    The lock is a file beside the path. It ends with its process, however that ends; a file that is left over is no
    harm, and gone after the next lock.
    """
    lock = path.with_name(f".{path.name}.lock")
    deadline = clock.monotonic() + timeout
    while (descriptor := _try_lock(lock)) is None:
        if clock.monotonic() >= deadline:
            raise OSError(errno.EAGAIN, f"Another process has kept {lock} locked for {timeout:.0f} s")
        clock.sleep(_LOCK_PAUSE)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _try_lock(lock: Path) -> int | None:
    """Return the descriptor of a file that this process alone has locked, None while another one has."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who had it before has removed the file, and others may have made it anew since.
        if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
