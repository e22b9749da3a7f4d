"""Hashes: of an event's content, of an entry on top of the one before it, of a seal over all accounts.

Whoever changes a row changes its hash and so every one after it. An account's first entry stands on the
member's salt; the digests of his events are salted too, so that nobody can guess their content.

Every hash is of a tuple: a word for what is hashed, and then its parts, packed each with its kind and length
(MessagePack). So no two lists of parts read the same, and none passes for another.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from hmac import new
from typing import Final

from loyalty_rules.base.records import packed

FIRST_SEAL: Final = sha256(b"loyalty-rules: the first seal").digest()

CHECKSUM_BYTES: Final = 16

Part = int | str | bytes | tuple["Part", ...] | None
"""What is hashed."""


def _hash(*parts: Part) -> bytes:
    return sha256(packed(parts)).digest()


def event_digest(salt: bytes, member: str, body: str) -> bytes:
    """Tells whether two events have the same content; ``body`` is canonical, without the member."""
    return sha256(packed(("event", member, body, salt))).digest()


def name_digest(salt: bytes, name: str) -> str:
    """Of what a shop calls a member, where another one's event names him; nobody can guess it when the salt
    is gone."""
    return _hash(f"name {len(name)} {len(salt)}\n{name}", salt).hex()[: 2 * CHECKSUM_BYTES]


def account_start(salt: bytes) -> bytes:
    """What an account's first entry stands on."""
    return _hash("account", salt)


def entry_hash(
    previous: bytes,
    sequence: int,
    event: tuple[str, str, bytes],
    plan: str,
    booked_at: int,
    texts: tuple[str, str, str],
) -> bytes:
    """Of an entry: what it stands on, its event (source, id, digest), and everything that it says: the texts
    of its receipt, its effects and its orders."""
    return sha256(packed(("entry", sequence, booked_at, plan, *event, *texts, previous))).digest()


def account_checksum(account: int, sequence: int, head: bytes) -> bytes:
    """Of the row that says how far an account has come: a flipped byte or a swapped row is seen."""
    return _hash("row", account, sequence, head)[:CHECKSUM_BYTES]


def state_checksum(text: str, account: int, sequence: int, head: bytes) -> bytes:
    """Of a state that is kept whole, bound to its place."""
    return _hash("state", account, sequence, text, head)[:CHECKSUM_BYTES]


def row_checksum(salt: bytes, *cells: Part) -> bytes:
    """Of the cells of a row that stands in no chain; ``salt`` is that of its member, or empty."""
    return _hash("cells", salt, cells)[:CHECKSUM_BYTES]


def keyed_digest(key: bytes, text: str) -> str:
    """Tells whether a text is the one that it was made of, to whoever has the key."""
    return new(key, text.encode(), sha256).hexdigest()


def log_digest(rows: Iterable[tuple[Part, ...]]) -> str:
    """Over rows in their order, of any length."""
    whole = sha256()
    for row in rows:
        whole.update(packed(row))
    return whole.hexdigest()


def ledger_identity(name: str, ruleset: str, created_at: int) -> bytes:
    """What tells a ledger from every other one: the name under which it was made, whose it is, since when."""
    return _hash("ledger", name, ruleset, created_at)


def seal_hash(
    previous: bytes, identity: bytes, place: tuple[int, int, int, int], head: bytes
) -> bytes:
    """Of a seal: it fixes how far an account of a ledger had come, and when somebody looked. ``place``: the
    seal's number, the account, its sequence, and the instant in microseconds."""
    return _hash("seal", place, previous, identity, head)
