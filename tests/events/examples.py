"""Events to start a test from, and what a wrong one is refused with."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError

HEAD: dict[str, Any] = {
    "id": "e-1",
    "type": "checkin",
    "member": "m-1",
    "occurred_at": "2026-03-07T10:15:00+01:00",
}

LINE: dict[str, Any] = {"sku": "BEANS-1KG", "quantity": 2, "amount": "25.00"}


def event(**changes: Any) -> dict[str, Any]:
    """A small event, changed; a change to ``None`` leaves the key out."""
    return {key: value for key, value in (HEAD | changes).items() if value is not None}


def purchase(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A purchase of these lines (default: one of 25.00)."""
    return event(
        type="purchase", **{"currency": "EUR", "lines": list(lines) or [dict(LINE)]} | changes
    )


def refused(raw: Any) -> EventError:
    """The error that the door raises for ``raw``."""
    with pytest.raises(EventError) as caught:
        parse_event(raw)
    return caught.value


def refused_at(raw: Any) -> tuple[str, str]:
    """Code and path of that error."""
    problem = refused(raw)
    assert problem.reason and "\n" not in problem.reason
    return problem.code, problem.path
