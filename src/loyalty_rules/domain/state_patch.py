"""The difference between two states of a member as text, for what cannot be said step by step.

It is a JSON merge patch (RFC 7386) between their records: an object names what changes, ``null`` takes away.
No object of ours holds a ``null`` (lists may, and are said whole), so every difference can be said.
"""

from __future__ import annotations

import json
from typing import Any

from loyalty_rules.domain.record_codec import read_state, write_state
from loyalty_rules.domain.state import MemberState


def state_patch(before: MemberState, after: MemberState) -> str:
    """What turns ``before`` into ``after``, in one spelling: canonical JSON."""
    return _text(_difference(json.loads(write_state(before)), json.loads(write_state(after))))


def patched(state: MemberState, patch: str) -> MemberState:
    """The state that a patch makes of another one. Errors: ``ValueError`` when it was not made for it."""
    return read_state(_text(_merged(json.loads(write_state(state)), json.loads(patch))))


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {name: None for name in before if name not in after}
    for name, new in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            if old != new:
                changes[name] = _difference(old, new)
        elif name not in before or old != new:
            changes[name] = new
    return changes


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _text(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
