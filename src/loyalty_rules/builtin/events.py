"""The kinds of events that ship."""

from __future__ import annotations

from collections.abc import Iterable

from loyalty_rules.sdk import SHIPPED_KINDS, EventKind, hookimpl


@hookimpl
def loyalty_event_kinds() -> Iterable[EventKind]:
    """Every shipped kind; most are accepted at the door and not decided yet."""
    return SHIPPED_KINDS
