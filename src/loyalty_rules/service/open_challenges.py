"""How far a member has come in his challenges, as texts: what is counted, what is missing, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loyalty_rules.domain.instances import Instance
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.model import Challenge
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.progress import Boxes, box_ends, boxes_of, lacking
from loyalty_rules.service.wording import Words, number_text


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """One instance that counts: ``counted`` on its way to ``target``, ``missing`` what it lacks, each as a
    text; it ends, or is paid in ``steps`` of ``target``, at ``ends_at`` (None: never)."""

    challenge: str
    title: str
    counted: str
    target: str
    missing: str
    ends_at: datetime | None = None
    in_steps: bool = False

    @property
    def text(self) -> str:
        """``3 of 5, 2 missing``."""
        if self.in_steps:
            return f"{self.counted}, {self.missing} missing to a full step of {self.target}"
        return f"{self.counted} of {self.target}, {self.missing} missing"


def open_challenges(plan: Plan, state: MemberState, at: datetime) -> tuple[OpenChallenge, ...]:
    """Every instance that is open, by challenge in the order in which they were opened."""
    return tuple(
        how_far(boxes_of(plan, state), challenge, instance, at)
        for challenge in plan.model.challenges
        for instance in state.instances.get(challenge.id, ())
        if instance.status == "open" and (instance.ends_at is None or at < instance.ends_at)
    )


def how_far(boxes: Boxes, challenge: Challenge, instance: Instance, at: datetime) -> OpenChallenge:
    """How far one instance has come at an instant."""
    at_end = challenge.pays == "at_end"
    missing = lacking(boxes, challenge, instance, at)
    counted, ends_at = whole(instance.target - missing), instance.ends_at
    if at_end:
        counted = instance.counted
        missing = whole(instance.target - counted % instance.target)
        ends_at = None if instance.box is None else box_ends(boxes, challenge, instance.box)
    return OpenChallenge(
        challenge.id,
        challenge.title,
        _spoken(boxes.plan, challenge, counted),
        _spoken(boxes.plan, challenge, instance.target),
        _spoken(boxes.plan, challenge, missing),
        ends_at,
        at_end,
    )


def _spoken(plan: Plan, challenge: Challenge, number: Number) -> str:
    if challenge.streak:
        return f"{number_text(number)} {challenge.streak}{'' if number == 1 else 's'}"
    if challenge.kind.name == "money":
        return Words(plan).amount(number)
    return number_text(number)
