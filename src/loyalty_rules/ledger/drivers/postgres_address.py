"""The address of a PostgreSQL database: what libpq is told, which schema, and a name without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from loyalty_rules.domain.errors import LedgerError

SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")
"""How an address may begin; the last is how SQLAlchemy writes it."""

SCHEMA: Final = "schema"
"""The word of an address that is ours; all others are libpq's."""

_DEFAULTS: Final[Mapping[str, str]] = {
    "fallback_application_name": "loyalty-rules",
    "connect_timeout": "10",
    # a server that is gone without a word is noticed within a minute
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_SCHEMA_BYTES_MAX: Final = 63


@dataclass(frozen=True, slots=True)
class Address:
    """``parts`` as libpq takes them; ``schema`` is empty where the address names none; ``name`` is for
    messages: neither user nor password."""

    parts: Mapping[str, str]
    schema: str
    name: str


def address_of(url: str) -> Address:
    """Read ``postgresql://user@host:port/database?schema=...``.

    Errors: ``LedgerError`` for what is no such address; it never repeats what was given, for that may hold a
    password.
    """
    try:
        split = urlsplit(url)
        asked = parse_qsl(split.query, keep_blank_values=True)
        rest = urlencode([one for one in asked if one[0] != SCHEMA], quote_via=quote)
        plain = urlunsplit(("postgresql", split.netloc, split.path, rest, ""))
        told = {key: str(value) for key, value in conninfo_to_dict(plain).items() if value}
    except (ValueError, psycopg.Error):
        raise LedgerError(
            "the address of the PostgreSQL database cannot be read: it is"
            " `postgresql://user@host:port/database`, with special characters of a password as `%XX`"
        ) from None
    schemas = [value for key, value in asked if key == SCHEMA]
    schema = schemas[-1] if schemas else ""
    if schemas and not _is_name(schema):
        raise LedgerError(
            "`schema` in the address of a database names a schema of at most 63 bytes"
        )
    return Address({**_DEFAULTS, **told}, schema, _named(told, schema))


def _is_name(schema: str) -> bool:
    return schema.isprintable() and 0 < len(schema.encode()) <= _SCHEMA_BYTES_MAX


def _named(told: Mapping[str, str], schema: str) -> str:
    host = told.get("host") or told.get("hostaddr") or ""
    port = f":{told['port']}" if "port" in told else ""
    database = told.get("dbname", "")
    return f"postgresql://{host}{port}/{database}" + (f"?{SCHEMA}={schema}" if schema else "")
