"""Who changed something by hand, and why: what an adjustment says of itself, for whoever reads it later."""

from __future__ import annotations

from loyalty_rules.domain.event import Event
from loyalty_rules.engine.adjusting import ADJUSTMENT


def hand_notes(event: Event) -> tuple[str, ...]:
    """Reason and author of an adjustment as one sentence; nothing where neither is said, or it is none."""
    said = because(event)
    return (f"by hand{said}",) if said else ()


def because(event: Event) -> str:
    """``, because the parcel was lost (mara)``; empty where nothing is said."""
    if event.type != ADJUSTMENT:
        return ""
    reason, author = _text(event, "reason"), _text(event, "author")
    return (f", because {reason}" if reason else "") + (f" ({author})" if author else "")


def level_given(event: Event) -> str:
    """The level that an adjustment gives, as somebody reads it; empty if it gives none."""
    level = _text(event, "level") if event.type == ADJUSTMENT else ""
    return f"the level `{level}`" if level else ""


def _text(event: Event, field: str) -> str:
    value = event.fields.get(field)
    return value if isinstance(value, str) else ""
