"""An explanation as a value: why each rule gave what it gave, as text and as plain data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from loyalty_rules.base.screen import printable
from loyalty_rules.domain.merges import MERGE
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.service.passages import Passage

Truth = bool | None
LINES_SHOWN_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class PartValue:
    """One question of a condition: its text, its answer (None: unknown), and the values it looked at by
    their texts, ready to be read. ``unknown`` are those that nobody told."""

    text: str
    truth: Truth
    values: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of a rule's ``when``. ``stretch`` says of which part of the order it speaks, if a level was
    crossed within it."""

    text: str
    truth: Truth
    parts: tuple[PartValue, ...]
    line: int
    stretch: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Points of one program that a rule gave: ``units`` of its scale; ``text`` is the same to be read,
    ``before_limits`` what it would have been without limits, ``exact`` what it was before rounding. Of a
    return ``units`` are below zero where it took, ``before_limits`` is what the rule keeps."""

    program: str
    units: int
    text: str
    before_limits: str
    exact: str
    extra: bool = False


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What became of one rule. ``reason`` and ``detail`` are the stable words of the trace, ``why`` the same
    as a sentence; ``counted`` are the ids of the lines that it counted (None: the rule is about all).
    ``beside`` is what it gave beside points, to be read.
    ``opaque`` is what plugins say of awards that are functions of theirs. ``file`` is empty where the text
    of the rule is lost. ``paid_by`` says who pays which share (a percentage) of what it gave, where there
    are partners."""

    rule: str
    title: str
    outcome: Literal["gave", "not_gave", "lost", "taken", "kept", "passed", "redeemed"]
    reason: str
    detail: str
    why: str
    shares: tuple[Share, ...]
    conditions: tuple[Condition, ...]
    counted: tuple[str, ...] | None
    file: str
    line: int
    opaque: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    paid_by: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that the next level still asks for, as text: ``needed`` and ``has`` lead to ``missing``."""

    figure: str
    needed: str
    has: str
    missing: str


@dataclass(frozen=True, slots=True)
class LevelReport:
    """Where the member stands in one tiers program before and after the event, and what is missing of the
    level ``next`` (empty: there is none above)."""

    program: str
    before: str
    after: str
    next: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an event was decided as it was. ``str()`` is for people, ``as_json`` for programs. ``forgiven``:
    points of a returned order that had expired and count as taken back (program, units of its scale, text).
    ``passages``: what happened without a rule, before the event and with it."""

    event: str
    type: str
    member: str
    at: str
    status: str
    refusal: tuple[str, str, str] | None
    points: Mapping[str, int]
    points_text: Mapping[str, str]
    rules: tuple[RuleReport, ...]
    levels: tuple[LevelReport, ...]
    forgiven: tuple[tuple[str, int, str], ...] = ()
    passages: tuple[Passage, ...] = ()

    def __post_init__(self) -> None:
        given: dict[str, int] = dict.fromkeys(self.points, 0)
        for program, units, _ in (
            one for past in self.passages if not past.at for one in past.points
        ):
            given[program] = given.get(program, 0) + units
        for program, units, _ in self.forgiven:
            given[program] = given.get(program, 0) + units
        for rule in self.rules:
            for share in rule.shares:
                given[share.program] = given.get(share.program, 0) + share.units
        assert given == dict(self.points), "an explanation adds up to its decision"

    def __str__(self) -> str:
        # what a file or an event holds must not reach a terminal raw
        return self.about(())

    def about(self, rules: Collection[str]) -> str:
        """The text with nothing but these rules in it (none of them: with all)."""
        return "\n".join(printable(line) for line in _text(self, rules))

    def as_json(self) -> dict[str, object]:
        """The explanation as plain data, for ``json.dumps``."""
        return {
            "event": {"id": self.event, "type": self.type, "member": self.member, "at": self.at},
            "status": self.status,
            "refusal": None
            if self.refusal is None
            else dict(zip(("code", "path", "reason"), self.refusal, strict=True)),
            "points": {name: _points(text) for name, text in self.points_text.items()},
            "rules": [_rule_json(rule) for rule in self.rules],
            "levels": [_level_json(level) for level in self.levels],
            "forgiven": {program: _points(text) for program, _, text in self.forgiven},
            "passages": [one.as_json() for one in self.passages],
        }


def _points(text: str) -> int | str:
    """Whole points as a number; exact text where the program has a scale."""
    number = text.split(" ")[0]
    return int(number) if number.removeprefix("-").isdecimal() else number


def _rule_json(rule: RuleReport) -> dict[str, object]:
    return {
        "rule": rule.rule,
        "title": rule.title,
        "outcome": rule.outcome,
        "reason": rule.reason,
        "detail": rule.detail,
        "why": rule.why,
        "points": [
            {
                "program": share.program,
                "points": _points(share.text),
                "before_limits": _points(share.before_limits),
                "exact": share.exact,
                "extra": share.extra,
            }
            for share in rule.shares
        ],
        "conditions": [_condition_json(condition) for condition in rule.conditions],
        "lines": None if rule.counted is None else list(rule.counted),
        "beside": list(rule.beside),
        "opaque": list(rule.opaque),
        "paid_by": dict(rule.paid_by),
        "file": rule.file,
        "line": rule.line,
    }


def _condition_json(condition: Condition) -> dict[str, object]:
    return {
        "text": condition.text,
        "truth": condition.truth,
        "line": condition.line,
        "stretch": condition.stretch,
        "parts": [
            {
                "text": part.text,
                "truth": part.truth,
                "values": dict(part.values),
                "missing": list(part.unknown),
            }
            for part in condition.parts
        ],
    }


def _level_json(level: LevelReport) -> dict[str, object]:
    return {
        "program": level.program,
        "before": level.before,
        "after": level.after,
        "next": level.next or None,
        "missing": [
            {
                "figure": one.figure,
                "needed": one.needed,
                "has": one.has,
                "missing": one.missing,
            }
            for one in level.missing
        ],
    }


def _why_not_decided(type: str) -> str:
    if type in RETURNS:
        return "a return is decided with the record of its order"
    if type == UNDOING:
        return "it is decided with the record of its redemption"
    if type == MERGE:
        return "a ledger decides it, with the histories of both"
    return f"this version does not decide events of type `{type}` yet"


def _text(explanation: Explanation, about: Collection[str]) -> Iterator[str]:
    one = explanation
    yield f"{one.type} {one.event} of member {one.member}, {one.at}"
    if one.refusal is not None:
        code, path, reason = one.refusal
        yield f"refused, {code}{f' at `{path}`' if path else ''}: {reason}"
        return
    if one.status == "not_yet_decided":
        yield f"accepted and not decided: {_why_not_decided(one.type)}"
        return
    for past in one.passages:
        if past.at:
            yield f"before it, {past.at}: {past.why}"
    given = [text for name, text in one.points_text.items() if one.points[name]]
    if one.type in RETURNS:  # what came back beside it is told apart
        given = [text for name, text in one.points_text.items() if one.points[name] < 0]
    if one.type not in _SIGNED:
        given = [text.removeprefix("-") for text in given]
    verb = _VERBS.get(one.type, "gives")
    yield f"{verb} {' and '.join(given) if given else 'no points'}"
    for _, _, text in one.forgiven:
        yield f"{text} of this order had expired: they count as taken back"
    yield from (past.why for past in one.passages if not past.at)
    if not one.rules and not one.passages:
        yield f"no rule is about events of type `{one.type}`"
    rules = [rule for rule in one.rules if not about or rule.rule in about]
    for rule in sorted(rules, key=lambda rule: _FIRST[rule.outcome]):
        yield ""
        yield from _rule_text(rule)
    levels = () if about else one.levels
    if levels:
        yield ""
    for level in levels:
        yield from _level_text(level)


_OUTCOME: Final = {
    "gave": "gave",
    "redeemed": "took",
    "taken": "lost",
    "kept": "loses nothing",
    "lost": "lost",
    "not_gave": "did not give",
}
_FIRST: Final = {
    "taken": 0,
    "redeemed": 0,
    "gave": 1,
    "kept": 2,
    "lost": 3,
    "not_gave": 4,
}


_SIGNED: Final = ("clock", "adjustment")
_VERBS: Final = {
    **dict.fromkeys(RETURNS, "takes back"),
    **dict.fromkeys(_SIGNED, "comes to"),
    "redemption": "takes",
    UNDOING: "gives back",
}


def _rule_text(rule: RuleReport) -> Iterator[str]:
    shares = " and ".join(_share_text(share) for share in rule.shares if share.units)
    name = f"{rule.rule} ({rule.title})" if rule.title else rule.rule
    yield f"{name}: {_OUTCOME[rule.outcome]}{f' {shares}' if shares else ''}"
    if rule.why and not (rule.reason == "condition_false" and rule.conditions):
        yield f"    {rule.why}"
    yield from (f"    gave {text}" for text in rule.beside)
    if rule.paid_by:
        whole = len(rule.paid_by) == 1
        payers = [name if whole else f"{name} ({share} %)" for name, share in rule.paid_by]
        yield f"    paid by {' and '.join(payers)}"
    yield from (f"    {text}" for text in rule.opaque)
    for condition in rule.conditions:
        yield from _condition_text(condition)
    if rule.counted:
        yield f"    counts {_lines_text(rule.counted)}"
    if rule.file:
        yield f"    at {rule.file}:{rule.line}"


def _share_text(share: Share) -> str:
    extra = " on top" if share.extra else ""
    if share.units < 0:
        return f"{share.text.removeprefix('-')}{extra}"
    rounded = share.before_limits.split(" ")[0] != share.exact
    return f"{share.text}{extra}{f' ({share.exact} before rounding)' if rounded else ''}"


def _lines_text(ids: tuple[str, ...]) -> str:
    shown = ", ".join(ids[:LINES_SHOWN_MAX])
    rest = len(ids) - LINES_SHOWN_MAX
    more = f" and {rest} more" if rest > 0 else ""
    return f"{'line' if len(ids) == 1 else 'lines'} {shown}{more}"


def _condition_text(condition: Condition) -> Iterator[str]:
    where = f" ({condition.stretch})" if condition.stretch else ""
    if len(condition.parts) == 1 and condition.parts[0].text == condition.text:
        yield f"    {_part_text(condition.parts[0])}{where}"
        return
    yield f"    `{condition.text}`: {_truth(condition.truth)}{where}"
    for part in condition.parts:
        yield f"        {_part_text(part)}"


def _part_text(part: PartValue) -> str:
    values = part.values
    if part.unknown:
        answer = "unknown, missing: " + ", ".join(part.unknown)
        values = tuple((text, value) for text, value in values if text not in part.unknown)
    else:
        answer = _truth(part.truth)
    if len(values) == 1 and not part.unknown:
        return f"`{part.text}`: {answer}, it was {values[0][1]}"
    was = "; ".join(f"{text} was {value}" for text, value in values)
    return f"`{part.text}`: {answer}{f', {was}' if was else ''}"


def _truth(truth: Truth) -> str:
    return "unknown" if truth is None else "yes" if truth else "no"


def _level_text(level: LevelReport) -> Iterator[str]:
    if level.before == level.after:
        yield f"{level.program}: {level.after}"
    else:
        yield f"{level.program}: {level.before} before, {level.after} from now on"
    for one in level.missing:
        yield (
            f"    for {level.next}: {one.missing} missing"
            f" (it asks for {one.needed} of {one.figure}, the member has {one.has})"
        )
