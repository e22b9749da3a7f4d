"""The difference of two states as text turns the one into the other, exactly."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import HistoryRetold
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.state_patch import patched, state_patch
from loyalty_rules.engine.apply import apply
from tests.domain.test_record_codec import states


def holds_null(plain: object) -> bool:
    """Whether an object in it says of a key that there is nothing."""
    if isinstance(plain, list):
        return False  # said whole
    return plain is None or (isinstance(plain, dict) and any(map(holds_null, plain.values())))


known = states.filter(lambda state: not holds_null(json.loads(write_state(state))))


@given(known, known)
@settings(max_examples=100)
def test_a_patch_turns_one_state_into_another(before: MemberState, other: MemberState) -> None:
    after = replace(other, member=before.member)
    made = patched(before, state_patch(before, after))
    assert write_state(made) == write_state(after)
    assert made == after
    assert apply(before, HistoryRetold(state_patch(before, after))) == after


@given(known, known, st.data())
def test_a_patch_says_no_more_than_what_differs(
    before: MemberState, other: MemberState, data: st.DataObject
) -> None:
    assert state_patch(before, before) == "{}"
    name = data.draw(st.sampled_from(["lots", "levels", "once", "profile", "expired"]))
    after = replace(before, **{name: getattr(other, name)})
    assert all(key == f'"{name}"' for key in _top(state_patch(before, after)))


def _top(patch: str) -> list[str]:
    return [json.dumps(key) for key in json.loads(patch)]
