"""Why a rule gave nothing, less than it might, or to whom it lost: the words of a trace as a sentence."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from loyalty_rules.base.zones import local_day
from loyalty_rules.engine.counters import missing, spent
from loyalty_rules.engine.model import Limit, Rule
from loyalty_rules.engine.number import whole
from loyalty_rules.engine.plan import Trace
from loyalty_rules.engine.progress import boxes_of
from loyalty_rules.engine.stretches import EACH_TURN
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.open_challenges import how_far
from loyalty_rules.service.wording import Words, number_text

_PLAIN: Final = {
    "condition_false": "a condition was not met",
    "no_table_row": "a table has no row for this",
    "below_minimum": "it stays below the minimum of this reward",
    "nothing_to_multiply": "there were no points to multiply",
    "zero": "it comes to less than one point",
    "plugin_error": "its plugin failed",
    "not_open": "no instance of it is open",
    "not_counted": "this does not meet what it counts",
    "already_reached": "its target was reached before",
    "insufficient_points": "the member had too few points for a unit",
    "below_minimum_points": "the member had fewer points than are taken at once",
    "no_room": "there was no room for a unit",
    "no_target": "its target is not above 0",
}


_NOTHING: Final = "; nothing was left"


def why(decision: Decision, words: Words, rule: Rule, trace: Trace) -> str:
    """One sentence; empty where a rule simply gave what it says."""
    if trace.reason in ("limit", "budget"):
        return _limit(decision, words, rule, trace)
    if trace.reason == "outside_during" and rule.during is not None:
        when = words.instant(decision.event.occurred_at)
        return f"not open then: it is open {words.during(rule.during)}, it was {when}"
    if trace.reason == "missing":
        return f"missing: {trace.detail or 'a value that was not sent'}"
    if trace.reason == "holdout" and rule.holdout is not None:
        share = number_text(rule.holdout.share * 100)
        name = rule.holdout.name
        return f"left out: the member is of the {share} % of `{name}`, who are compared with all others"
    if trace.reason == "no_items":
        return f"no line of the order meets `{rule.items.text if rule.items else ''}`"
    if trace.reason == "no_tenders":
        return f"nothing was paid by `{rule.tenders.text if rule.tenders else ''}`"
    if trace.reason == "exclusive_group":
        return f"lost to `{trace.detail}`, which stands in the same group `{rule.group}`"
    if trace.reason == "outdone":
        return f"lost to `{trace.detail}`: one multiplier at a time counts for this program"
    if trace.reason == "not_reached":
        return _not_reached(decision, rule, trace)
    if trace.reason == EACH_TURN:
        return f"the same at each of {trace.detail} turns"
    if trace.reason == "zero":
        return _step(decision, words, rule) or _PLAIN["zero"]
    return _PLAIN.get(trace.reason, trace.reason)


def _not_reached(decision: Decision, rule: Rule, trace: Trace) -> str:
    """How far an instance of a challenge has come, and what it lacks."""
    plan = decision.rules.plan
    challenge = plan.index.challenges[rule.id]
    held = decision.state.instances.get(rule.id, ())
    instance = next((one for one in held if one.id == trace.detail), None)
    if instance is None:  # it ended with the event that came late
        return "its target is not reached"
    boxes = boxes_of(plan, decision.state)
    found = how_far(boxes, challenge, instance, decision.event.occurred_at)
    if challenge.pays == "at_end":
        return f"paid when the {challenge.window} closes: {found.text}"
    return f"its target is not reached: {found.text}"


def _step(decision: Decision, words: Words, rule: Rule) -> str:
    """How far a spend program has come on its way to the next full step."""
    plan = decision.rules.plan
    account = plan.index.spend_accounts.get(rule.id)
    if account is None:
        return ""
    day = local_day(decision.event.occurred_at, plan.zone)
    lacking = missing(account, spent(plan, decision.state, account, day).counted)
    counter = plan.index.counters[account.counter]
    step = words.counted(whole(account.per_full), counter)
    return f"the step of {step} is not full yet: {words.counted(lacking, counter)} missing"


def _limit(decision: Decision, words: Words, rule: Rule, trace: Trace) -> str:
    group = decision.rules.plan.index.groups.get(rule.group or "")
    shared = () if group is None else group.caps
    limit = next(one for one in (*rule.caps, *shared) if one.key == trace.detail)
    whose = f"its group `{rule.group}`" if limit in shared else "this rule"
    if limit.word == "budget":
        whose += " for all members together"
    text = f"the {limit.word} of {whose}, {words.limit(limit)}"
    left = _left(decision, words, limit)
    if limit.word == "budget" and left == _NOTHING:
        return f"{text}, is used up"
    if trace.trimmed == 0:
        return f"{text}, cuts what it counts{left}"
    taken = " and ".join(
        words.points(given.rounded - given.points, given.program)
        for given in trace.given
        if given.rounded > given.points
    )
    return f"{text}, takes {taken} away{left}"


def _left(decision: Decision, words: Words, limit: Limit) -> str:
    """What the limit had left before the event, as the decision recorded it."""
    rooms = [
        value
        for key, value in decision.facts.items()
        if key.startswith(f"~room({limit.key}") and key.endswith(f", {limit.per})")
    ]
    if len(rooms) != 1 or not isinstance(rooms[0], int | Fraction):
        return ""
    return f"; {words.room(limit, rooms[0])} left" if rooms[0] > 0 else _NOTHING
