# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no output may hold: secrets in every form in which a service may repeat them, and the logs of libraries.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "********"
SHORTEST_FORM = 8  # characters; a shorter one might be a word of any message
PERCENT_SAFE = ("", "/", "!'()*", "!()*")  # what encoders of Python, browsers and .NET leave as it is
TALKATIVE = ("msal", "requests", "urllib3")


def forms(secrets: Iterable[str]) -> set[str]:
    """Return secrets together with all that they become on their way: trimmed, escaped, form-encoded, base64, hex."""
    return {form for secret in secrets if secret for form in _forms(secret)}


@functools.lru_cache(maxsize=32)  # a line of progress may come each second
def _forms(secret: str) -> frozenset[str]:
    """Return a secret together with all that it becomes, if that is no short word."""
    derived = {form for text in _trimmed(secret) for form in (text, *_encoded(text))}
    return frozenset({secret, *(form for form in derived if len(form) >= SHORTEST_FORM)})


def _trimmed(secret: str) -> set[str]:
    """Return a secret as messages quote it: without line ends and blanks around it, without full stops at its end."""
    return {secret, secret.strip(), secret.strip().rstrip("."), " ".join(secret.split()), *secret.splitlines()}


def _encoded(text: str) -> Iterator[str]:
    """Yield the encodings of a text; those of bytes in the middle of longer base64 too."""
    for safe in PERCENT_SAFE:
        for percent in (quote(text, safe, errors="replace"), quote_plus(text, safe, errors="replace")):
            yield percent
            yield re.sub("%..", lambda match: match[0].lower(), percent)
    for escaped in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        yield escaped[1:-1]
        yield escaped[1:-1].replace("/", "\\/")
    yield html.escape(text)
    content = text.encode("utf-8", "replace")
    yield quote(quote(text, "", errors="replace"), "")
    yield repr(text)[1:-1]
    yield content.hex()
    yield content.hex().upper()
    for shift, first in enumerate((0, 2, 3)):
        inside = base64.b64encode(bytes(shift) + content).decode().rstrip("=")
        last = (shift + len(content)) * 8 // 6
        for form in {inside[first:last], *({inside, f"{inside}=", f"{inside}=="} if not shift else ())}:
            yield form
            yield form.replace("+", "-").replace("/", "_")


def struck_out(text: str, secrets: Iterable[str]) -> str:
    """Return a text with a mask in the place of each secret, of overlapping ones in the place of the longest."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


class _Silence:
    """What keeps the talkative loggers quiet, from the first of several threads that need it to the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[tuple[logging.Logger, bool, int]] = []

    def begin(self) -> None:
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            loggers = [logging.getLogger(name) for name in TALKATIVE]
            self._before = [(logger, logger.propagate, logger.level) for logger in loggers]
            for logger in loggers:
                logger.propagate = False
                logger.setLevel(logging.CRITICAL + 1)

    def end(self) -> None:
        with self._lock:
            self._users -= 1
            for logger, propagate, level in () if self._users else self._before:
                logger.propagate = propagate
                logger.setLevel(level)


_SILENCE = _Silence()


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep what libraries log of requests, answers and addresses out of everybody's log."""
    _SILENCE.begin()
    try:
        yield
    finally:
        _SILENCE.end()
