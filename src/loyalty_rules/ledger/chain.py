"""Hashes: of an event's content, of an entry on top of the one before it, of a seal over all accounts.

Whoever changes a row changes its hash and so every one after it. An account's first entry stands on the
member's salt; the digests of his events are salted too, so that nobody can guess their content.

Every hash is of a first line, which says what is hashed and how long its parts are (texts in characters), and
then the parts: no two lists of parts read the same. The line and all texts are encoded in one go.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from hmac import new
from typing import Final

FIRST_SEAL: Final = sha256(b"loyalty-rules: the first seal").digest()

CHECKSUM_BYTES: Final = 16


def _hash(told: str, *parts: bytes) -> bytes:
    return sha256(b"".join((told.encode(), *parts))).digest()


def event_digest(salt: bytes, member: str, body: str) -> bytes:
    """Tells whether two events have the same content; ``body`` is canonical, without the member."""
    return _hash(f"event {len(member)} {len(body)} {len(salt)}\n{member}{body}", salt)


def account_start(salt: bytes) -> bytes:
    """What an account's first entry stands on."""
    return _hash(f"account {len(salt)}\n", salt)


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
    source, name, digest = event
    receipt, effects, orders = texts
    return _hash(
        f"entry {sequence} {booked_at} {len(plan)} {len(source)} {len(name)} {len(receipt)} {len(effects)}"
        f" {len(orders)} {len(previous)} {len(digest)}\n{plan}{source}{name}{receipt}{effects}{orders}",
        previous,
        digest,
    )


def account_checksum(account: int, sequence: int, head: bytes) -> bytes:
    """Of the row that says how far an account has come: a flipped byte or a swapped row is seen."""
    return _hash(f"row {account} {sequence} {len(head)}\n", head)[:CHECKSUM_BYTES]


def state_checksum(text: str, account: int, sequence: int, head: bytes) -> bytes:
    """Of a state that is kept whole, bound to its place."""
    told = f"state {account} {sequence} {len(text)} {len(head)}\n{text}"
    return _hash(told, head)[:CHECKSUM_BYTES]


def row_checksum(salt: bytes, *cells: int | str | bytes | None) -> bytes:
    """Of the cells of a row that stands in no chain; ``salt`` is that of its member, or empty."""
    said = b"".join(map(_cell, cells))
    return _hash(f"cells {len(cells)} {len(salt)}\n", salt, said)[:CHECKSUM_BYTES]


def _cell(cell: int | str | bytes | None) -> bytes:
    """A cell with its kind and its length before it, so that no two lists of cells read the same."""
    told = cell if isinstance(cell, bytes) else str(cell).encode()
    return f"{type(cell).__name__} {len(told)} ".encode() + told


def keyed_digest(key: bytes, text: str) -> str:
    """Tells whether a text is the one that it was made of, to whoever has the key."""
    return new(key, text.encode(), sha256).hexdigest()


def log_digest(rows: Iterable[tuple[int | str | bytes | None, ...]]) -> str:
    """Over rows in their order, of any length."""
    whole = sha256()
    for row in rows:
        whole.update(f"{len(row)}\n".encode() + b"".join(map(_cell, row)))
    return whole.hexdigest()


def ledger_identity(name: str, ruleset: str, created_at: int) -> bytes:
    """What tells a ledger from every other one: the name under which it was made, whose it is, since when."""
    return _hash(f"ledger {len(name)} {len(ruleset)} {created_at}\n{name}{ruleset}")


def seal_hash(
    previous: bytes, identity: bytes, place: tuple[int, int, int, int], head: bytes
) -> bytes:
    """Of a seal: it fixes how far an account of a ledger had come, and when somebody looked. ``place``: the
    seal's number, the account, its sequence, and the instant in microseconds."""
    number, member, sequence, sealed_at = place
    told = f"seal {number} {member} {sequence} {sealed_at} {len(previous)} {len(identity)} {len(head)}\n"
    return _hash(told, previous, identity, head)
