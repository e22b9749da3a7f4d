"""What became of a member without a rule: what fell due by itself, and what was done by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from loyalty_rules.domain.effects import GrantKept
from loyalty_rules.engine.plan import Outcome, Trace
from loyalty_rules.engine.stretches import EACH_TURN
from loyalty_rules.service.by_hand import because, level_given
from loyalty_rules.service.grants import grant_text, grants_of
from loyalty_rules.service.wording import Words

if TYPE_CHECKING:
    from loyalty_rules.service.decision import Decision


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that happened: ``at`` to be read (empty: with the event itself), ``reason`` and ``detail`` as
    in the trace, ``why`` the same as a sentence; ``points`` are programs, units of their scale and texts."""

    at: str
    reason: str
    detail: str
    why: str
    points: tuple[tuple[str, int, str], ...] = ()

    def as_json(self) -> dict[str, object]:
        """The same as plain data."""
        return {
            "at": self.at or None,
            "reason": self.reason,
            "detail": self.detail,
            "why": self.why,
            "points": {program: text for program, _, text in self.points},
        }


_SAID: Final = {
    "expired": "{points} ended",
    "rest_dropped": "{points} were left over and ended",
    "freed": "{points} became free",
    "level_ended": "the level `{detail}` ended",
    "lapsed": "the challenge `{rule}` ended before its target was reached",
    "restored_original": "{points} came back, to last as long as before",
    "restored_new": "{points} came back, to last as if they had been earned now",
    "restored_grace": "{points} came back that had ended: they last for the grace of `restore`",
    "restored_ended": "points of the lot `{detail}` came back that had ended, and have ended",
    "undone": "{points} that the redemption had given are taken back",
    "by_hand": "by hand: {points}",
    "trial_began": "{rule}: the plan `{detail}` is tried",
    "joined": "{rule}: joined with the plan `{detail}`",
    "renewed": "{rule}: the next period is on the plan `{detail}`",
    "changed": "{rule}: on the plan `{detail}` from now on",
    "changed_later": "{rule}: on the plan `{detail}` from the next period on",
    "cancelled": "{rule}: the plan `{detail}` is cancelled",
    "refund_pro_rata": "{rule}: {detail} have not begun",
    "refund_unused": "{rule}: nothing of it was used in this period",
    "refund_used": "{rule}: nothing is paid back, as it was used {detail} times in this period",
    "refund_none": "{rule}: nothing is paid back, and what is paid for runs out",
    "drawn": "the raffle `{rule}` is drawn",
    "not_drawn": "the raffle `{rule}` was drawn, and none of his entries won",
    "given": "{points} are given to another member",
    "received": "{points} are received from another member",
    "pool_given": "{points} go to another member of the household",
    "pool_received": "{points} come from another member of the household",
    "brought": "another member has brought this one",
    "qualified": "{rule}: this counts, and whoever brought the member is told of it",
    "qualified_before": "{rule}: something has counted before, and only the first does",
    "too_late_for_referral": "{rule}: it came later than `within` allows",
    "not_qualified": "{rule}: it is not what `qualifies` asks for",
    "told_friend": "{rule}: it is told of what the member did himself, `{detail}`",
    "told_of": "{rule}: it is told of what a friend did, `{detail}`",
    "period_began": "{rule}: the next period began, on the plan `{detail}`",
    "membership_ended": "{rule}: the plan `{detail}` ended",
}


def passages(decision: Decision, words: Words) -> tuple[Passage, ...]:
    """What happened without a rule, in its order; what fell due before the event has an instant."""
    before = (one for outcome in decision.outcome.passed for one in _of_past(outcome, words))
    now = (_by_hand(one, decision) for one in _of(decision.outcome, "", words))
    return (*before, *now, *_stays(decision.outcome, words))


def _by_hand(passage: Passage, decision: Decision) -> Passage:
    """An adjustment with what it gives beside points, with its reason and its author."""
    if passage.reason != "by_hand":
        return passage
    points = [text for _, _, text in passage.points]
    given = " and ".join(one for one in (*points, level_given(decision.event)) if one)
    return replace(passage, why=f"by hand: {given}{because(decision.event)}")


def _stays(outcome: Outcome, words: Words) -> Iterator[Passage]:
    """What is not taken back because it was fixed before."""
    for one in outcome.effects:
        if isinstance(one, GrantKept):
            what = words.amount(one.amount_minor) if one.amount_minor else f"{one.quantity} of it"
            why = f"a {one.kind} was fixed before: {what} stays, and is a cost"
            yield Passage("", "fixed", one.grant, why)


def _of_past(outcome: Outcome, words: Words) -> Iterator[Passage]:
    assert outcome.at is not None, "what falls due does so at an instant"
    yield from _of(outcome, words.instant(outcome.at), words)


def _of(outcome: Outcome, at: str, words: Words) -> Iterator[Passage]:
    for trace in outcome.trace:
        if trace.outcome == "passed":
            points = tuple(
                (one.program, one.points, words.points(one.points, one.program))
                for one in trace.given
                if one.points
            )
            yield Passage(at, trace.reason, trace.detail, _why(trace, words), points)
            yield from _money(outcome, trace, at, words)
        elif at and trace.outcome == "gave":  # of the event itself it is a rule's report
            why = f"{trace.rule} gave {_given(trace, words)}{_turns(outcome, trace, words)}"
            yield Passage(at, "gave", trace.rule, why, ())
        elif at and trace.outcome == "redeemed":
            cost = words.points(trace.given[0].points, trace.given[0].program).removeprefix("-")
            yield Passage(at, "redeemed", trace.rule, f"{trace.rule} was taken for {cost}", ())


def _money(outcome: Outcome, trace: Trace, at: str, words: Words) -> Iterator[Passage]:
    """What is to be paid, or paid back, for what a member does with a membership: told behind that."""
    if trace.reason not in _ACTS:
        return
    for grant in grants_of(outcome.effects, trace.rule):
        if grant.kind in ("fee", "refund"):
            why = f"{trace.rule}: {grant_text(words, grant)}"
            yield Passage(at, grant.kind, words.money(grant.amount_minor or 0), why)


_ACTS: Final = ("joined", "renewed", "changed", "changed_later", "cancelled")


def _turns(outcome: Outcome, trace: Trace, words: Words) -> str:
    if trace.reason != EACH_TURN or outcome.since is None:
        return ""
    return f", in {trace.detail} turns from {words.instant(outcome.since)} on"


def _given(trace: Trace, words: Words) -> str:
    points = (words.points(one.points, one.program) for one in trace.given if one.points)
    return " and ".join(points) or "something beside points"


def _why(trace: Trace, words: Words) -> str:
    said = _SAID.get(trace.reason, trace.reason.replace("_", " "))
    points = " and ".join(
        words.points(one.points or one.rounded, one.program).removeprefix("-")
        if trace.reason != "by_hand"
        else words.points(one.points, one.program)
        for one in trace.given
    )
    return said.format(points=points or "nothing", detail=trace.detail, rule=trace.rule)
