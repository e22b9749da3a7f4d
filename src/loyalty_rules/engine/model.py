"""The typed rule model: what a rule set is after it was checked. Data only, no closures, so that every
back end (reference evaluator, generated Python, columns, proofs, prose) can be made from it.

Program types lower to the primitives (`LotAccount`, `Counter`, `LevelTable`, timers, once-keys) and
reward types to `Award`s: finite x linear. Money here is in minor units of the rule set's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.base.period import Duration, Window
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import EventKind, Kind
from loyalty_rules.engine.awards import NOWHERE as NOWHERE
from loyalty_rules.engine.awards import Award as Award
from loyalty_rules.engine.awards import Benefit as Benefit
from loyalty_rules.engine.awards import Formula as Formula
from loyalty_rules.engine.awards import Quantity as Quantity
from loyalty_rules.engine.awards import Term as Term
from loyalty_rules.engine.caps import Limit as Limit
from loyalty_rules.engine.counter import Counter as Counter
from loyalty_rules.engine.coupon import Coupon
from loyalty_rules.engine.expiry import After, ByLevel, Expiry, Waiting
from loyalty_rules.engine.holdout import Holdout
from loyalty_rules.engine.membership import Membership
from loyalty_rules.engine.raffle import Raffle
from loyalty_rules.engine.referral import Referral
from loyalty_rules.engine.transfer import Transfers

REPLAY: Final = Duration(90, "days")
"""How far back late events take their place if nothing is said."""
GRACE: Final = Duration(30, "days")
"""How long points last that come back after they had ended, if the rule set does not say."""


@dataclass(frozen=True, slots=True)
class During:
    """When a rule is open. ``start`` included, ``before`` excluded, both UTC; weekdays Monday=0;
    hours as minutes of the local day, ``(17*60, 19*60)``, may pass midnight; days of month from 1, or
    from -1 backwards; birthday: day, week, month or a duration that begins with the birthday."""

    start: datetime | None = None
    before: datetime | None = None
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None
    days_of_month: tuple[int, ...] = ()
    birthday: Literal["day", "week", "month"] | Duration | None = None
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, order=True)
class Every:
    """When a rule fires by itself: at the ``end`` or the ``start`` of each box of ``unit`` (of windows, or
    periods of a membership), or when a ``birthday`` begins."""

    unit: str
    at: Literal["end", "start"] = "end"

    def __str__(self) -> str:
        return f"{self.unit}.{self.at}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in canonical form. A program type may add rules of its own (``spend``). Of a rule that the
    clock fires ``every`` says when. ``asks``: the memberships that its conditions ask for."""

    id: str
    events: tuple[str, ...]
    awards: tuple[Award, ...]
    when: tuple[Formula, ...] = ()
    items: Formula | None = None
    tenders: Formula | None = None
    during: During | None = None
    group: str | None = None
    priority: int = 0
    limits: tuple[Limit, ...] = ()
    title: str = ""
    span: Span = NOWHERE
    every: Every | None = None
    asks: tuple[str, ...] = ()
    holdout: Holdout | None = None
    funded_by: tuple[tuple[str, Fraction], ...] = ()
    """Who pays for what it gives, and which share (they sum to 1); nothing: the partner with whom the event
    was, else the operator."""

    budgets: tuple[Limit, ...] = ()
    steady: bool = False
    ignore_below: Fraction | None = None  # points, unrounded; fewer are none

    @property
    def caps(self) -> tuple[Limit, ...]:
        """Everything that caps what it gives, but for what its group shares."""
        return (*self.limits, *self.budgets)


@dataclass(frozen=True, slots=True)
class Partner:
    """Another business of the program. ``issues`` is what it pays for each point that is given at its cost,
    ``redeems`` what it is paid for each that is spent with it: minor units of a whole point by program (an
    empty name: every program). Its events come from ``sources``, and nobody else's do."""

    id: str
    issues: tuple[tuple[str, Fraction], ...] = ()
    redeems: tuple[tuple[str, Fraction], ...] = ()
    sources: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that stand in each other's way. ``choose`` says which of the candidates gives."""

    id: str
    choose: Literal["all", "highest_priority", "best", "worst"] = "all"
    limits: tuple[Limit, ...] = ()
    span: Span = NOWHERE
    budgets: tuple[Limit, ...] = ()

    @property
    def caps(self) -> tuple[Limit, ...]:
        """Everything that caps what its rules give together."""
        return (*self.limits, *self.budgets)


@dataclass(frozen=True, slots=True)
class Automatic:
    """The clock takes as many whole units of a reward as it can, at the end of each box of ``every``. With
    ``rest: drop`` the points that are left then have ended."""

    every: Every
    rest: Literal["carry", "drop"]


@dataclass(frozen=True, slots=True)
class Reward:
    """What points are spent on. ``rule`` is what one unit gives, and when (its event is ``redemption``).

    ``cost`` is the points of one unit, ``at_least`` and ``at_most`` those of one redemption, in units of the
    scale of ``program``; ``share_at_most`` and ``share_at_least`` bound what its discounts take of the lines
    that it chose;
    ``automatic`` says when the clock takes it.
    """

    rule: Rule
    program: str
    cost: int
    at_least: int | None = None
    at_most: int | None = None
    share_at_most: Fraction | None = None
    automatic: Automatic | None = None
    share_at_least: Fraction | None = None

    @property
    def id(self) -> str:
        """The id under ``rewards``."""
        return self.rule.id

    @property
    def has_share(self) -> bool:
        """Whether what it takes off is held against the cart."""
        return self.share_at_most is not None or self.share_at_least is not None


@dataclass(frozen=True, slots=True)
class Basis:
    """Which money counts for a points program."""

    tax: Literal["included", "excluded"]
    exclude: tuple[str, ...] = ("shipping", "deposit", "gift_card", "fee", "donation")
    items: Formula | None = None
    tenders: Formula | None = None  # None: every tender but points
    all_tenders: bool = False  # `tenders: true`
    net_of: tuple[str, ...] = ("discounts",)


@dataclass(frozen=True, slots=True)
class LotAccount:
    """A points program: dated lots of integers in units of 10**-scale. ``claw_back`` says how much a
    return takes, ``negative`` what becomes of points that are not there to be taken, ``expired`` whether
    points of its order that have expired count as taken. The earliest of ``expiry`` ends points (none: they
    never end); ``waiting`` says how long they wait before they are spent, ``spend_order`` in which order.
    ``restore`` says how long points last that a cancelled redemption gives back, ``grace`` how long if they
    had ended (None: not); ``paid_back`` how much of an order that points paid for a return gives back as
    points."""

    id: str
    basis: Basis
    scale: int = 0
    mode: Literal["floor", "ceil", "half_up", "half_even"] = "floor"
    at: Literal["order", "rule", "line"] = "order"
    multipliers: Literal["add", "multiply", "best", "highest_priority"] = "add"
    multiplier_at_most: Fraction | None = None
    spendable: bool = True
    value: Fraction | None = None
    title: str = ""
    claw_back: Literal["recompute", "proportional", "none"] = "recompute"
    negative: Literal["allow", "clamp", "recover_from_refund"] = "allow"
    expired: Literal["forgive", "take"] = "forgive"
    expiry: tuple[Expiry, ...] = ()
    waiting: Waiting | None = None
    spend_order: Literal["first_expiring", "oldest"] = "first_expiring"
    restore: Literal["original", "new"] = "original"
    grace: Duration | None = GRACE
    paid_back: Literal["proportional", "points_first", "cash_first"] = "proportional"
    transfers: Transfers | None = None  # None: nobody gives them away
    is_shared: bool = False  # whether a household spends them together

    @property
    def counts_from_use(self) -> bool:
        """Whether any of its points end so long after they could first be spent."""
        simple = [one for one in self.expiry if not isinstance(one, ByLevel)]
        leveled = [one for one in self.expiry if isinstance(one, ByLevel)]
        simple += [form for one in leveled for _, forms in one.levels for form in forms]
        return any(isinstance(one, After) and one.start == "usable" for one in simple)


@dataclass(frozen=True, slots=True)
class LevelStep:
    """One level. ``at``: any of these maps, of each map every (counter id, threshold) must be met, and what
    ``also_when`` asks of the member must be true. Thresholds are in the counter's kind (money in minor
    units). The lowest level has neither."""

    id: str
    at: tuple[tuple[tuple[str, Fraction], ...], ...] = ()
    title: str = ""
    also_when: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a level lasts that the figures no longer meet, from the last day on which they met it.

    ``window``: to the end of the box in which that day lies, or not at all where the window rolls on day by
    day; ``next_window``: to the end of the box after it, or for the length of the rolling window; or for a
    time of whole days. ``grace`` comes on top. ``then``: what he stands on afterwards: ``one_down``, one
    level lower for as long again as a window (or the time) lasts; ``requalify``, the highest level whose own
    time still runs; ``bottom``, what the figures meet that day.
    """

    through: Literal["next_window", "window"] | Duration = "next_window"
    then: Literal["one_down", "requalify", "bottom"] = "one_down"
    grace: Duration | None = None

    @property
    def reads_anew(self) -> bool:
        """Whether a level is nothing but what the figures say on the day."""
        return self.through == "window" and self.then == "requalify" and self.grace is None


READ_ANEW: Final = Keep("window", "requalify")
"""The level of a day is read from the figures of that day."""


@dataclass(frozen=True, slots=True)
class LevelTable:
    """A tiers program whose level is reached by figures within ``window`` and lasts as ``keep`` says.
    ``on_return``: whether a return counts for the level at once, or when what it takes back has left the
    window and ``keep`` has ended."""

    id: str
    window: Window
    levels: tuple[LevelStep, ...]
    tier_at: Literal["before", "after", "split"] = "before"
    title: str = ""
    on_return: Literal["keep_until_review", "immediate"] = "keep_until_review"
    keep: Keep = READ_ANEW


@dataclass(frozen=True, slots=True)
class SpendAccount:
    """Figures of a spend program beside its rule: ``<id>.spent`` and ``<id>.missing``.

    ``counter`` holds the money of ``of``; with ``rest: drop`` the steps of each box start at nothing, with
    ``carry`` what is left of a box counts in the next. ``carried`` is the figure key of its rule's award.
    """

    id: str
    counter: str
    window: Window
    per_full: Fraction
    rest: Literal["carry", "drop"]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """The events that open an instance of a challenge."""

    event: str
    when: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is counted until a target is reached. The rule of the same id gives when it is; it fires on no
    event by itself.

    ``counts`` says what an event counts, for each instance apart; without it ``figure`` names the counter
    whose additions count. ``target`` is in ``unit`` of what is counted (minor units of money). An instance is
    opened by ``opens`` and ``lasts``, or there is one for each box of ``window``, or one for ever. With
    ``streak`` a box counts once, and a gap begins anew. ``pays``: ``at_end`` asks at the end of each box of
    ``window`` how often the target is full in what one instance has counted.
    """

    id: str
    kind: Kind
    target: Formula
    unit: Fraction = Fraction(1)
    counts: Counter | None = None
    figure: str = ""
    pays: Literal["reached", "at_end"] = "reached"
    opens: Opening | None = None
    lasts: Duration | Formula | None = None
    window: Window | None = None
    overlap: Literal["separate", "restart", "ignore"] = "separate"
    streak: Literal["", "day", "week", "month"] = ""
    repeat: bool = False
    rest: Literal["carry", "drop"] = "carry"
    on_return: Literal["recount", "frozen"] = "recount"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A counter read over a window: what ``within(..)`` and program words mean. ``key`` is the fact key."""

    key: str
    counter: str
    window: Window


@dataclass(frozen=True, slots=True)
class Table:
    """A look-up. ``rows`` nests one level per key; ``at_least`` takes the greatest key not above."""

    id: str
    keys: tuple[tuple[str, Literal["exact", "at_least"], Kind], ...]
    rows: Mapping[Value, object]
    leaf: Kind
    otherwise: Value = None


@dataclass(frozen=True, slots=True)
class Currency:
    """The unit of all money in the file; ``accepts`` holds fixed exact rates of other currencies."""

    code: str
    scale: int
    accepts: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A whole rule set. Rules stand in canonical order: higher priority first, then by id. ``words_read``
    are the facts that formulas read; of them ``level_words`` are those about levels, beside the level itself
    (``status.since``), sorted, and ``friend_words`` those about a friend (``friend.joined``)."""

    id: str
    version: str
    currency: Currency
    zone: str
    calendar: str
    week_starts: int  # Monday=0
    leap_day: Literal["feb_28", "mar_1"]
    kinds: tuple[EventKind, ...]
    accounts: tuple[LotAccount, ...] = ()
    level_tables: tuple[LevelTable, ...] = ()
    spend_accounts: tuple[SpendAccount, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    memberships: tuple[Membership, ...] = ()
    raffles: tuple[Raffle, ...] = ()
    referrals: tuple[Referral, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    counters: tuple[Counter, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()
    rewards: tuple[Reward, ...] = ()
    partners: tuple[Partner, ...] = ()
    formulas: tuple[Formula, ...] = ()
    words_read: frozenset[str] = frozenset()
    level_words: tuple[str, ...] = ()
    friend_words: tuple[str, ...] = ()
    start: datetime | None = None
    before: datetime | None = None
    title: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    replay: Duration | None = REPLAY
    """How far back a late event takes its place among the member's others; None: it never does."""
