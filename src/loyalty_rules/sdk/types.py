"""The contract of a plugin: how a program type or a reward type describes itself and lowers to the model.

A type never sees an event. It reads its YAML map once, at load, through a `Form`, and returns parts of
the rule model. What cannot be said as finite x linear is an `Opaque` function of facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Protocol, TypeVar

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.coupon import Coupon
from loyalty_rules.engine.membership import Membership
from loyalty_rules.engine.model import (
    Award,
    Challenge,
    Counter,
    Figure,
    Formula,
    LevelTable,
    Limit,
    LotAccount,
    Partner,
    Rule,
    SpendAccount,
    Term,
)
from loyalty_rules.engine.plan import Facts
from loyalty_rules.engine.raffle import Raffle
from loyalty_rules.engine.referral import Referral

Choice = TypeVar("Choice", bound=str)


class Form(Protocol):
    """The YAML map of one program or one give, read word by word.

    The shape was checked against the type's schema before. A method that meets a mistake reports it with
    file, line and column and returns a stand-in, so that one run reports every mistake; a map with a
    mistake is never used. Money comes in minor units, points in points.
    """

    @property
    def name(self) -> str:
        """The id of the program, or of the rule that the give belongs to."""
        ...

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        ...

    def text(self, key: str, default: str = "") -> str:
        """A word or text."""
        ...

    def choice(self, key: str, choices: tuple[Choice, ...]) -> Choice:
        """One of several words; the first is meant when nothing is written."""
        ...

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        ...

    def number(self, key: str) -> Fraction | None:
        """An exact number; None when it is not written."""
        ...

    def money(self, key: str) -> Fraction | None:
        """An amount of the rule set's currency, in minor units; None when it is not written."""
        ...

    def minor_units(self) -> int:
        """The minor units of one unit of the rule set's currency: what turns a FINITE into money."""
        ...

    def share(self, key: str) -> Fraction | None:
        """A SHARE such as ``50 %``, from 0 to 1; None when it is not written."""
        ...

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of words."""
        ...

    def window(self, key: str) -> Window | None:
        """A stretch of history such as ``month`` or ``last 90 days``."""
        ...

    def duration(self, key: str) -> Duration | None:
        """A length of time such as ``14 days``."""
        ...

    def constant(self, number: Fraction) -> Formula:
        """A rate of the plugin's own that the file does not write, such as a partner's fixed one."""
        ...

    def finite(self, key: str) -> Formula:
        """A FINITE: a constant, a table, or products of these."""
        ...

    def linear(self, key: str, default: str) -> tuple[Term, ...]:
        """A LINEAR: constants times sums over lines; ``default`` is its text when nothing is written."""
        ...

    def per(self, key: str, of: tuple[Term, ...]) -> Fraction:
        """A divisor in the unit of ``of``: minor units when that is money. Must be above zero."""
        ...

    def items(self, key: str = "items") -> Formula | None:
        """A FILTER over ``item.``."""
        ...

    def tenders(self, key: str = "tenders") -> Formula | None:
        """A FILTER over ``tender.``."""
        ...

    def program(self, key: str = "program") -> str:
        """The id of a points program that the rule set declares."""
        ...

    def levels(self, key: str = "by") -> tuple[str, ...]:
        """The levels, lowest first, of the tiers program that a key names; empty if it names none."""
        ...

    def level(self, key: str) -> tuple[str, str] | None:
        """The tiers program that has the level at a key, and the level; None if it is not written, or not the
        level of one program alone."""
        ...

    def raffle(self, key: str) -> str:
        """The id of a raffle that the rule set declares."""
        ...

    def coupon(self, key: str) -> str:
        """The id of a coupon that the rule set declares."""
        ...

    def moment(self, key: str) -> datetime | None:
        """An instant, or the end of a day, in UTC; None when it is not written, or none."""
        ...

    def membership(self, key: str) -> str:
        """The id of a membership that the rule set declares."""
        ...

    def event_kind(self, key: str) -> str:
        """A kind of event that happens to members; empty when it is not written or not known."""
        ...

    def event_kinds(self, key: str) -> tuple[str, ...]:
        """A list of kinds of events that happen to members, sorted."""
        ...

    def earning_kinds(self) -> tuple[str, ...]:
        """What counts as activity if nothing else is said: every kind that earns, and redemptions."""
        ...

    def month_day(self, key: str) -> tuple[int, int] | None:
        """A day of every year such as ``09-30``, in the rule set's calendar: month and day."""
        ...

    def challenge(self, key: str) -> str:
        """The id of a challenge that the rule set declares."""
        ...

    def figure(self, text: str, key: str) -> tuple[str, Kind] | None:
        """The counter id and kind behind a figure such as ``beans.earned``; a mistake is put at ``key``."""
        ...

    def form(self, key: str) -> Form | None:
        """The map under a key; None when it is not written or not a map."""
        ...

    def forms(self, key: str) -> tuple[Form, ...]:
        """The maps of a list under a key (one map counts as a list of one)."""
        ...

    def written(self) -> tuple[str, ...]:
        """The keys that are written, in file order."""
        ...

    def about(self, kinds: tuple[str, ...], opened: str = "") -> Form:
        """The same map, whose expressions are about events of ``kinds`` (none: about the member alone) and
        know the fields of the event that ``opened`` something, as ``opened.FIELD``."""
        ...

    def events(self) -> tuple[str, ...]:
        """The kinds of events under ``event``, sorted."""
        ...

    def conditions(self, key: str) -> tuple[Formula, ...]:
        """A COND: all of these must be true."""
        ...

    def value(self, key: str, kind: Kind) -> Formula | None:
        """An expression that gives a value of ``kind``; None when it is not written."""
        ...

    def member_conditions(self, key: str) -> tuple[Formula, ...]:
        """A COND over what is known of the member beside his levels: all of these must be true."""
        ...

    def awards(self, key: str, words: Mapping[str, Term]) -> tuple[Award, ...]:
        """The awards of a GIVE under a key; ``words`` are further LINEAR words that it may use."""
        ...

    def limits(self, key: str, owner: str) -> tuple[Limit, ...]:
        """The LIMITs under a key, kept under counters named after ``owner``."""
        ...

    def budgets(self, key: str, owner: str) -> tuple[Limit, ...]:
        """The same for all members together, who share the counters: for `Rule.budgets`."""
        ...

    def problem(self, key: str, name: str, message: str, help: str | None = None) -> None:
        """Report a mistake at the value of a key (at the map itself for a key that is not written)."""
        ...

    def not_built(self, key: str, help: str) -> None:
        """Report that the word at a key is of the language but not decided by this version."""
        ...


@dataclass(frozen=True, slots=True)
class Declared:
    """What a program adds to the words of expressions: ``<program>.<word>``. ``figures`` are those that
    ``within(..)`` may read. ``asked`` are words with a figure in brackets, ``status.missing(spend)``, and the
    figures that may stand there: such a word is of the kind of its figure. ``later`` names words of the
    language that this version does not decide."""

    words: Mapping[str, Kind] = field(default_factory=dict)
    figures: Mapping[str, Kind] = field(default_factory=dict)
    later: tuple[str, ...] = ()
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lowered:
    """What a program type makes of one program: parts of the rule model."""

    accounts: tuple[LotAccount, ...] = ()
    counters: tuple[Counter, ...] = ()
    level_tables: tuple[LevelTable, ...] = ()
    spend_accounts: tuple[SpendAccount, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    memberships: tuple[Membership, ...] = ()
    raffles: tuple[Raffle, ...] = ()
    referrals: tuple[Referral, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    figures: tuple[Figure, ...] = ()
    rules: tuple[Rule, ...] = ()
    partners: tuple[Partner, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramType:
    """A type of program, such as ``points``.

    ``schema`` is the JSON Schema of its own keys (``type``, ``title`` and ``note`` are common to all).
    ``declare`` is asked for the program's words before any expression is checked, ``lower`` afterwards.
    Both are pure and called at load only.
    """

    name: str
    summary: str
    schema: Mapping[str, object]
    declare: Callable[[Form], Declared]
    lower: Callable[[Form], Lowered]


@dataclass(frozen=True, slots=True)
class Opaque:
    """The exception: an award that no rate and quantity can say.

    ``give(parameters, facts)`` is pure and returns whole points of ``program`` in units of its scale, from
    0 to ``at_most``. ``reads`` are the facts that it may read, spelled as in a rule's ``when``
    (``order.total``, ``within(spend, "last 90 days")``); ``facts`` holds these, by that spelling, and
    nothing else; a value may be None (unknown). ``parameters`` are its YAML values. ``text`` says what it
    does, for explanations. Both mappings are read-only.
    """

    program: str
    give: Callable[[Mapping[str, Value], Facts], int]
    parameters: Mapping[str, Value]
    reads: tuple[str, ...]
    at_most: int
    text: str


@dataclass(frozen=True, slots=True)
class OpaqueCall:
    """An opaque function as the model holds it: with the plugin, its reward type and the rule that asked
    for it. ``keys`` are the facts behind ``opaque.reads``, in the same order."""

    plugin: str
    type: str
    rule: str
    opaque: Opaque
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RewardType:
    """A type of ``give``, such as ``points``. A plugin's name is ``<plugin>.<name>``.

    ``lower`` returns awards (or one `Opaque`); pure, called at load only.
    Example: plugins/loyalty-skyline-miles.
    """

    name: str
    summary: str
    schema: Mapping[str, object]
    lower: Callable[[Form], tuple[Award, ...] | Opaque]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A pure, typed function that expressions may call; a plugin's name is ``<plugin>_<name>``.

    It gets values of its argument kinds, never an unknown (an unknown argument makes the call unknown),
    and returns a value of its result kind, or None for unknown.
    """

    name: str
    summary: str
    arguments: tuple[Kind, ...]
    result: Kind
    call: Callable[..., Value]
