"""What a rule gives, as parts of the rule model: formulas, quantities, awards. See ``engine/model.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.base.period import Duration
from loyalty_rules.domain.effects import GrantKind
from loyalty_rules.domain.vocabulary import Kind

NOWHERE = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Formula:
    """One checked expression. ``tree`` belongs to the expression language and is opaque here; the plan
    holds the runnable form at index ``slot``. ``cast``: what the language knows of it beside the tree, where
    it shares its make with others."""

    slot: int
    tree: object
    kind: Kind
    text: str
    span: Span = NOWHERE
    uses_tables: bool = False
    cast: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a LINEAR: ``factor`` times a source that is a sum over lines or one figure.

    source ``amount``: money of the lines that items/tenders chose; ``quantity``: their quantity;
    ``eligible``: money that the basis of ``program`` leaves of them; ``order_total``: order.total;
    ``sum_of``: ``formula`` evaluated for each chosen line; ``fact``: ``formula`` evaluated once;
    ``times``: how often that has come about which a challenge waits for.
    """

    factor: Fraction
    source: Literal["amount", "quantity", "eligible", "order_total", "sum_of", "fact", "times"]
    program: str = ""
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """How often an award's rate is paid: the sum of ``of`` over ``per``, in whole steps if ``whole``.

    ``at_least``: a quantity below it, parts of steps counted, pays nothing. ``carried`` (spend programs): the
    key of a figure that stands in earlier steps; the award then pays
    ``floor((carried + of) / per) - floor(carried / per)``.
    """

    of: tuple[Term, ...]
    per: Fraction
    whole: bool = False
    at_least: Fraction | None = None
    carried: str | None = None


@dataclass(frozen=True, slots=True)
class Benefit:
    """Something that is given beside points: what it is, and what its award's rate x quantity counts.

    unit ``money``: minor units, ``share``: a part (0 to 1) of the money it acts on, ``pieces``: whole things.
    ``at_most_minor`` bounds a discount, ``cheapest`` lets it act on so many of the cheapest pieces only.
    ``sku``, ``name``, ``to``, ``at`` as in `Granted`; ``valid`` is for how long from the event; after one of
    the kind ``fixed_after`` (empty: of none) no return takes it back.
    ``worth_minor`` is what a piece would cost the member, where the rule set says it. ``rounding`` says what
    becomes of a part of a minor unit of a discount.
    """

    kind: GrantKind
    unit: Literal["money", "share", "pieces"]
    at_most_minor: Fraction | None = None
    cheapest: int | None = None
    sku: str = ""
    name: str = ""
    to: str = ""
    at: str = ""
    valid: Duration | None = None
    fixed_after: str = ""
    worth_minor: Fraction | None = None
    rounding: Literal["floor", "ceil", "half_up", "half_even"] = "floor"


@dataclass(frozen=True, slots=True)
class Award:
    """``rate x quantity`` points of ``program`` (``quantity`` None: the rate itself, once).

    role ``points``: multiplied; ``bonus``: never multiplied; ``multiplier``: ``rate`` is the factor on the
    points of the same event, on the lines that the rule chose; ``opaque``: the formula at ``rate`` is a
    plugin's function of the facts and returns whole points; ``benefit``: no points but what ``benefit`` says,
    of no program. ``at_most`` bounds an opaque award.
    """

    role: Literal["points", "bonus", "multiplier", "opaque", "benefit"]
    program: str
    rate: Formula
    quantity: Quantity | None = None
    factor: Fraction = Fraction(1)
    at_most: int | None = None
    type: str = ""
    span: Span = NOWHERE
    benefit: Benefit | None = None
