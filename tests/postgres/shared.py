"""The server that all tests of one process share: started when the first asks for it, stopped at the end.

Where none can be had its tests are skipped, which the summary of a run tells; with ``CI=true`` they fail.
"""

from __future__ import annotations

import atexit
import os
from hashlib import sha256
from itertools import count
from typing import Final

import psycopg
import pytest
from psycopg import sql

from tests.postgres.server import NoServer, Server

_numbers: Final = count()
_running: list[Server] = []
_missing: list[str] = []


def shared() -> Server:
    """The server of this process."""
    if not _running and not _missing:
        try:
            _running.append(Server())
        except NoServer as problem:
            _missing.append(f"PostgreSQL was not tested: {problem}")
    if _running:
        return _running[0]
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(_missing[0])
    pytest.skip(_missing[0])


def new_url(name: str = "") -> str:
    """The address of a schema of its own: a new one, or that of a name."""
    own = f"named_{sha256(name.encode()).hexdigest()[:16]}" if name else f"new_{next(_numbers)}"
    return shared().url(schema=own)


def drop(url: str) -> None:
    """Take a schema away with all that is in it."""
    schema = sql.Identifier(url.rpartition("schema=")[2])
    with psycopg.connect(shared().url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))


@atexit.register
def stop() -> None:
    """Stop it if it runs."""
    while _running:
        _running.pop().stop()
