"""Hashes: of an event's content, of an entry on top of the one before it, of a seal over all accounts.

Whoever changes a row changes its hash and so every one after it. An account's first entry stands on the
member's salt; the digests of his events are salted too, so that nobody can guess their content.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

FIRST_SEAL: Final = sha256(b"loyalty-rules: the first seal").digest()


def _hash(*parts: bytes) -> bytes:
    """Of parts, with their lengths before them, so that no two lists of parts read the same."""
    lengths = " ".join([str(len(part)) for part in parts])
    return sha256(b"\n".join((lengths.encode(), *parts))).digest()


def event_digest(salt: bytes, member: str, body: str) -> bytes:
    """Tells whether two events have the same content; ``body`` is canonical, without the member."""
    return _hash(salt, member.encode(), body.encode())


def account_start(salt: bytes) -> bytes:
    """What an account's first entry stands on."""
    return _hash(b"account", salt)


def entry_hash(
    previous: bytes,
    sequence: int,
    event: tuple[str, str, bytes],
    plan: str,
    booked_at: int,
    texts: Iterable[str],
) -> bytes:
    """Of an entry: what it stands on, its event (source, id, digest), and everything that it says."""
    source, name, digest = event
    head = f"{sequence} {booked_at} {plan}".encode()
    return _hash(
        previous, head, source.encode(), name.encode(), digest, *(t.encode() for t in texts)
    )


def checksum(text: str, *bound: int | str) -> bytes:
    """Of a row's text and what the row belongs to, so that a flipped byte or a swapped row is seen."""
    return _hash(" ".join(map(str, bound)).encode(), text.encode())[:16]


def seal_hash(previous: bytes, number: int, member: int, sequence: int, head: bytes) -> bytes:
    """Of a seal: it fixes how far an account had come."""
    return _hash(previous, f"{number} {member} {sequence}".encode(), head)
