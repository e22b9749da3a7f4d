"""What reward types and program types of plugins return is checked before it becomes part of a model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.coupon import PRESENTED
from loyalty_rules.engine.membership import WORDS
from loyalty_rules.engine.model import Award, Challenge, Rule
from loyalty_rules.ruleset.conformity import conformity_fault
from loyalty_rules.sdk import Declared, Lowered, Opaque
from loyalty_rules.sdk.containment import shown
from loyalty_rules.sdk.offers import PLUGIN_NAME
from loyalty_rules.sdk.values import is_value

POINTS_MAX = 10**15
_OF_PARTS = {"balance", "pending", "eligible"}


@dataclass(frozen=True, slots=True)
class Known:
    """What a plugin's answer may name: points programs and kinds of events. ``has_words``: the answer
    stands within a program type whose own words are terms that this program type will replace."""

    programs: Collection[str]
    kinds: Collection[str]
    has_words: bool = False


def awards_type_fault(awards: object) -> str | None:
    """What is wrong with the types in the answer of a reward type; None when nothing is."""
    if type(awards) is not tuple or not all(type(one) is Award for one in awards):
        return f"it must return a tuple of awards, or one opaque function, not `{shown(awards)}`"
    found = (conformity_fault(award, "award") for award in awards)
    return next((fault for fault in found if fault is not None), None)


def awards_fault(awards: Iterable[Award], known: Known, carried: str | None = None) -> str | None:
    """What is wrong with what awards say; None when nothing is.

    ``carried`` is the figure of earlier steps that an award may name (none for a reward type).
    """
    found = (_award_fault(award, known, carried) for award in awards)
    return next((fault for fault in found if fault is not None), None)


def opaque_type_fault(opaque: Opaque) -> str | None:
    """What is wrong with the fields of an opaque award; None when nothing is."""
    if not callable(opaque.give):
        return "`give` must be a function of parameters and facts"
    if type(opaque.program) is not str:
        return f"`program` must be the id of a program, not `{shown(opaque.program)}`"
    if type(opaque.at_most) is not int or not 0 <= opaque.at_most <= POINTS_MAX:
        return f"`at_most` must be whole points from 0 to 10^15, not `{shown(opaque.at_most)}`"
    if type(opaque.text) is not str or not opaque.text.strip():
        return "`text` must say what it does, for explanations"
    reads = opaque.reads
    if type(reads) is not tuple or not all(type(one) is str for one in reads):
        return f"`reads` must be a tuple of names, not `{shown(reads)}`"
    if len(set(reads)) < len(reads):
        return "`reads` names a fact twice"
    return _parameters_fault(opaque.parameters)


def opaque_fault(opaque: Opaque, known: Known) -> str | None:
    """What is wrong with what an opaque award says; None when nothing is."""
    return None if opaque.program in known.programs else _no_program(opaque.program)


def declared_fault(declared: object) -> str | None:
    """What is wrong with the words of a program type; None when nothing is."""
    if type(declared) is not Declared:
        return f"it must return `Declared`, not `{shown(declared)}`"
    for words in (declared.words, declared.figures):
        if not isinstance(words, Mapping) or not all(
            type(word) is str and PLUGIN_NAME.fullmatch(word) and type(kind) is Kind
            for word, kind in words.items()
        ):
            return f"it must declare words with kinds, not `{shown(words)}`"
    for word, figures in declared.asked.items():
        if not PLUGIN_NAME.fullmatch(word) or type(figures) is not tuple:
            return f"it must declare words with figures, not `{shown(declared.asked)}`"
    if type(declared.later) is not tuple or not all(type(one) is str for one in declared.later):
        return f"`later` must be a tuple of words, not `{shown(declared.later)}`"
    return None


def lowered_type_fault(lowered: object) -> str | None:
    """What is wrong with the types in the answer of a program type; None when nothing is."""
    if type(lowered) is not Lowered:
        return f"it must return `Lowered`, not `{shown(lowered)}`"
    return conformity_fault(lowered, "lowered")


def lowered_fault(name: str, declared: Declared, lowered: Lowered, known: Known) -> str | None:
    """What is wrong with the parts that a program of a plugin was lowered to; None when nothing is.

    A program may add parts under its own id and nothing else, and each of its words needs a part that
    tells its value.
    """
    checks = (
        _name_fault(name, lowered),
        _figures_fault(name, declared, lowered),
        _words_fault(name, declared, lowered),
        *(_rule_fault(name, rule, lowered, known) for rule in lowered.rules),
        *(_challenge_fault(one, lowered, known) for one in lowered.challenges),
    )
    return next((fault for fault in checks if fault is not None), None)


def _award_fault(award: Award, known: Known, carried: str | None) -> str | None:
    if award.role == "opaque" or award.at_most is not None:
        return "an opaque award is returned as `Opaque`"
    if award.role == "benefit" or award.benefit is not None:
        return _benefit_fault(award)
    if award.program not in known.programs:
        return _no_program(award.program)
    if award.factor < 0:
        return "`award.factor` must not be below zero"
    quantity = award.quantity
    if quantity is None:
        return None
    if award.role == "multiplier":
        return "a multiplier has no quantity"
    if quantity.per <= 0 or (quantity.at_least is not None and quantity.at_least < 0):
        return "`award.quantity` needs `per` above zero, and `at_least` not below it"
    if quantity.carried not in (None, carried):
        return f"`{shown(quantity.carried)[1:-1]}` is not a figure of this program"
    for term in quantity.of:
        if term.source in ("sum_of", "fact") and term.formula is None and not known.has_words:
            return f"a term `{term.source}` needs a formula: take it from the form"
        if term.source == "eligible" and term.program not in known.programs:
            return _no_program(term.program)
    return None


def _benefit_fault(award: Award) -> str | None:
    benefit = award.benefit
    if award.role != "benefit" or benefit is None or award.program:
        return (
            "an award of role `benefit` has a `benefit`, no other has one, and it names no program"
        )
    if benefit.unit == "share" and (award.quantity is not None or award.factor != 1):
        return "a share has neither `quantity` nor `factor`"
    if benefit.unit == "share" and benefit.kind not in ("discount", "voucher"):
        return "only a discount or a voucher takes off a share"
    if benefit.kind == "discount" and benefit.unit == "pieces":
        return "a discount counts money or a share"
    return None


def _no_program(name: str) -> str:
    return f"`{shown(name)[1:-1]}` is not a points program: take it from the form"


def _parameters_fault(parameters: object) -> str | None:
    if not isinstance(parameters, Mapping):
        return f"`parameters` must be a map, not `{shown(parameters)}`"
    for name, value in parameters.items():
        if type(name) is not str or not is_value(value):
            return f"parameter `{shown(name)[1:-1]}` must be exact and unchangeable, not `{shown(value)}`"
    return None


def _name_fault(name: str, lowered: Lowered) -> str | None:
    accounts = [one.id for one in lowered.accounts]
    levels = [one.id for one in lowered.level_tables]
    spends = [one.id for one in lowered.spend_accounts]
    challenges = [one.id for one in lowered.challenges]
    partners = [one.id for one in lowered.partners]
    members = [one.id for one in lowered.memberships]
    members += [one.id for one in lowered.raffles]
    members += [one.id for one in lowered.referrals]
    members += [one.id for one in lowered.coupons]
    for one in (*accounts, *levels, *spends, *challenges, *partners, *members):
        if one != name:
            return f"`{shown(one)[1:-1]}` must have the id of its program, `{name}`"
    for rule in lowered.rules:
        if rule.id != name and not rule.id.startswith(f"{name}-"):
            return f"rule `{shown(rule.id)[1:-1]}` must be `{name}` or begin with `{name}-`"
    counters = [counter.id for counter in lowered.counters]
    figures = [figure.key for figure in lowered.figures]
    for one in (*counters, *figures):
        if not one.startswith(f"{name}."):
            return f"`{shown(one)[1:-1]}` must begin with `{name}.`"
    lists = (
        accounts,
        levels,
        spends,
        challenges,
        partners,
        members,
        counters,
        figures,
        [rule.id for rule in lowered.rules],
    )
    return "two parts have one id" if any(len(set(one)) < len(one) for one in lists) else None


def _figures_fault(name: str, declared: Declared, lowered: Lowered) -> str | None:
    counters = {counter.id for counter in lowered.counters}
    for figure in sorted(declared.figures):
        if f"{name}.{figure}" not in counters:
            return f"the figure `{figure}` needs a counter `{name}.{figure}`"
    for one in lowered.figures:
        if one.counter not in counters:
            return f"the figure `{one.key}` reads a counter that the program does not make"
    return None


def _words_fault(name: str, declared: Declared, lowered: Lowered) -> str | None:
    told = {one.key.removeprefix(f"{name}.") for one in lowered.figures}
    told |= _OF_PARTS if lowered.accounts else set()
    told |= {"level", "since", "until", "missing"} if lowered.level_tables else set()
    told |= {"spent", "missing"} if lowered.spend_accounts else set()
    told |= {*WORDS} if lowered.memberships else set()
    told |= {PRESENTED} if lowered.coupons else set()
    untold = sorted({*declared.words, *declared.asked} - told)
    return f"no part that it made tells the value of `{untold[0]}`" if untold else None


def _rule_fault(name: str, rule: Rule, lowered: Lowered, known: Known) -> str | None:
    carried = f"{name}.carried" if lowered.spend_accounts else None
    asked = {one.id for one in lowered.challenges} | {one.id for one in lowered.raffles}
    if not rule.events and rule.id not in asked:
        return f"rule `{rule.id}` fires on no event, and no challenge has its id"
    own = tuple(f"{FRIEND_ORDER}.{one.id}." for one in lowered.referrals)
    asked_by = [kind for kind in rule.events if not (own and kind.startswith(own))]
    unknown = [kind for kind in asked_by if kind not in known.kinds]
    if unknown:
        return f"rule `{rule.id}` fires on `{unknown[0]}`, which is no event of this rule set"
    return awards_fault(rule.awards, known, carried)


def _challenge_fault(challenge: Challenge, lowered: Lowered, known: Known) -> str | None:
    if not any(rule.id == challenge.id and not rule.events for rule in lowered.rules):
        return f"the challenge `{challenge.id}` needs a rule of its id that fires on no event"
    figures = [counter.id for counter in lowered.counters if counter.measure == "sum"]
    figures += [f"{program}.{word}" for program in known.programs for word in ("earned", "base")]
    if (challenge.counts is None) == (challenge.figure not in figures):
        return (
            "a challenge has `counts`, or a `figure` that adds up: a counter of its own, or points"
        )
    if challenge.counts is not None and challenge.counts.measure != "sum":
        return "`challenge.counts` must add up"
    window = challenge.window
    if (window is None and challenge.pays == "at_end") or (window and window.form != "box"):
        return "`challenge.window` must be a box, and `at_end` needs one"
    if challenge.unit <= 0:
        return "`challenge.unit` must be above zero"
    events = [*(challenge.counts.events if challenge.counts else ())]
    events += [challenge.opens.event] if challenge.opens else []
    unknown = [kind for kind in events if kind not in known.kinds]
    return f"`{shown(unknown[0])[1:-1]}` is no event of this rule set" if unknown else None
