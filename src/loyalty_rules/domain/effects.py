"""Everything that a decision may change. Each effect is complete in itself, so that a state can be
rebuilt from effects alone, without rules, plugins or clocks.

All points are integers in units of 10**-scale of their program; days are local days of the rule set's
zone as proleptic ordinals (``date.toordinal``).
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.base.records import Record, Told
from loyalty_rules.domain.funding import Funding
from loyalty_rules.domain.funding import PartnerPaid as PartnerPaid
from loyalty_rules.domain.funding import PayersShifted as PayersShifted
from loyalty_rules.domain.history_effects import HistoryRetold as HistoryRetold
from loyalty_rules.domain.history_effects import LotStands as LotStands
from loyalty_rules.domain.history_effects import MemberErased as MemberErased

Value = bool | str | int | Fraction | tuple["Value", ...] | None
"""What facts, profile fields and counters hold. Money is in minor units, points in units of the scale."""


class LotOpened(Told, frozen=True):
    """Points granted as one dated lot; ``shares`` says which rule gave how many of them, ``funding`` who pays
    for them. The rest is what `Lot` says of it."""

    program: str
    lot: str
    points: int
    opened_at: datetime
    shares: tuple[tuple[str, int], ...]
    expires_at: datetime | None = None
    ends_with: str = ""
    waits: bool = False
    usable_at: datetime | None = None
    freed_by: str = ""
    order: str = ""
    funding: Funding = ()


class LotFreed(Told, frozen=True):
    """A lot that waited may be spent from ``at`` on."""

    program: str
    lot: str
    at: datetime


class LotDated(Told, frozen=True):
    """A lot ends at another time than was said when it was opened (``None``: never), and with the timer
    ``ends_with``, if that comes first (empty: with none)."""

    program: str
    lot: str
    expires_at: datetime | None
    ends_with: str = ""


SHARED: Final = "~all."
"""How the names of counters begin that all members share: what a budget has used up."""


class CounterAdded(Told, frozen=True):
    """One entry of a counter over a window. ``measure`` says how entries of one day join:
    sum adds (and forgets a day that comes to nothing), highest keeps the greater, latest and average the
    later, distinct collects. A counter whose name begins with ``SHARED`` is that of all members together."""

    counter: str
    measure: str
    day: int
    value: Value


class Hold(Record, frozen=True):
    """A level on which a member stands though the figures of the day may give less: through a local day
    (``None``: without end).

    cause ``met``: the figures gave it, and it is kept; ``fallen``: it was one above; ``floor``: somebody said
    that he stands no lower; ``fixed``: somebody said that he stands there, neither lower nor higher; or
    ``paid``: by a membership.
    """

    level: str
    through: int | None
    cause: Literal["met", "fallen", "floor", "fixed", "paid"]


class LevelSet(Told, frozen=True):
    """The level that a member stands on from now on: since when, and when it is looked at again if nothing
    happens before (``None``: never)."""

    program: str
    level: str
    since: datetime
    until: datetime | None = None
    holds: tuple[Hold, ...] = ()


class TimerSet(Told, frozen=True):
    """Something falls due at an instant (``None`` takes the timer away)."""

    timer: str
    due_at: datetime | None


class OnceClaimed(Told, frozen=True):
    """A key that can be claimed once in a member's life (a sign-up, a first-time bonus)."""

    key: str


class ProfileSet(Told, frozen=True):
    """Facts about the member that he or the shop told us; a value of ``None`` takes one away."""

    values: tuple[tuple[str, Value], ...]


class ClockMoved(Told, frozen=True):
    """The member's own time has come this far; it never goes back."""

    to: datetime


class PointsTaken(Told, frozen=True):
    """What a return takes of one program: ``points`` of ``order``, by ``shares`` of the rules that gave them
    (below zero for a rule that the rest of the order pays more). It moves nothing by itself:
    ``points`` is the sum of the `LotReduced` and `DeficitChanged` of the same return, of ``unrecovered``
    (nobody pays them), of ``refunded`` (the refund was made smaller instead) and of ``forgiven`` (by lot of
    the order: they had expired, which counts as taken back)."""

    program: str
    order: str
    points: int
    shares: tuple[tuple[str, int], ...]
    unrecovered: int = 0
    refunded: int = 0
    forgiven: tuple[tuple[str, int], ...] = ()


LeavingCause = Literal["taken_back", "pays_deficit", "expired", "spent", "forfeited", "transferred"]
"""Why points leave a lot."""


class LotReduced(Told, frozen=True):
    """Points that leave a lot: ``taken_back`` by a return, at once after earning because the lot
    ``pays_deficit``, ``expired`` with time, ``spent`` by a redemption, ``transferred`` to another member, or
    ``forfeited`` when the member is erased. A lot of which nothing is left is gone. ``funding`` says whose
    points leave; below zero is who pays for more of what stays than he did."""

    program: str
    lot: str
    points: int
    cause: LeavingCause
    funding: Funding = ()


class DeficitChanged(Told, frozen=True):
    """Points that were taken back and not there (or ``spent``, by a redemption that was accepted): above zero
    the member owes more, below zero he has paid, or it was ``forgiven`` when he was erased."""

    program: str
    points: int
    cause: Literal["taken_back", "spent", "forgiven"] = "taken_back"


class LotRestored(Told, frozen=True):
    """Points that a redemption had taken come back to their lot, which is as the other fields say: a lot of
    which nothing was left is opened again, for no longer than before. Or they are ``transferred`` from those
    of another member. ``funding`` says whose points they are."""

    program: str
    lot: str
    points: int
    granted: int
    opened_at: datetime
    expires_at: datetime | None = None
    ends_with: str = ""
    usable_at: datetime | None = None
    order: str = ""
    funding: Funding = ()
    how: Literal["restored", "transferred"] = "restored"


GrantKind = Literal[
    "discount",
    "voucher",
    "product",
    "perk",
    "donation",
    "offer",
    "fee",
    "refund",
    "entry",
    "coupon",
]
"""What a member may be given beside points; a ``fee`` he owes, a ``refund`` he gets back."""


class Granted(Told, frozen=True):
    """Something beside points that a rule or a reward gave, whole in itself for whoever hands it over.

    ``amount_minor`` is money: of a discount and a donation altogether, of a voucher each; ``share`` is what a
    voucher takes off instead. ``quantity`` counts pieces (vouchers, perks, products). ``sku`` is the product,
    ``name`` the perk, offer, plan or code, ``to`` who receives a donation, the challenge of an offer, the
    raffle of an entry or the coupon of a code, ``at`` the partner where a voucher is taken. ``valid_until``
    is the first instant at which it is over. ``lines`` says how a discount is spread over the lines of the
    order (id, minor units), ``funding`` who pays which part (minor units), ``partner`` with whom it was.
    After a ``fixed_after`` nothing is taken back.
    """

    grant: str
    rule: str
    kind: GrantKind
    granted_at: datetime
    quantity: int = 1
    amount_minor: int | None = None
    share: Fraction | None = None
    sku: str = ""
    name: str = ""
    to: str = ""
    at: str = ""
    valid_until: datetime | None = None
    lines: tuple[tuple[str, int], ...] = ()
    funding: tuple[tuple[str, int], ...] = ()
    fixed_after: str = ""
    partner: str = ""


class GrantWithdrawn(Told, frozen=True):
    """What was granted is taken back, whole or in part: so many pieces, or so much of its money. ``funding``
    says who pays less for it, ``partner`` is that of what was granted."""

    grant: str
    kind: GrantKind
    quantity: int = 0
    amount_minor: int = 0
    funding: tuple[tuple[str, int], ...] = ()
    partner: str = ""


class GrantKept(Told, frozen=True):
    """What would be taken back of a grant, and stays because it was fixed before: so many pieces, or so much
    of its money, are a cost that no purchase bears any more (below zero: fewer are, after all)."""

    grant: str
    kind: GrantKind
    quantity: int = 0
    amount_minor: int = 0


InstanceStatus = Literal["open", "reached", "lapsed", "restarted"]


class InstanceOpened(Told, frozen=True):
    """An instance of a challenge begins; the fields are those of `Instance`."""

    challenge: str
    instance: str
    opened_at: datetime
    target: int | Fraction
    ends_at: datetime | None = None
    opened: tuple[tuple[str, Value], ...] = ()


class InstanceCounted(Told, frozen=True):
    """An event counts in an instance: its entry, and how far that brings the instance."""

    challenge: str
    instance: str
    event: str
    at: datetime
    amount: int | Fraction
    counted: int | Fraction
    box: int | None = None
    facts: tuple[tuple[str, Value], ...] = ()


class InstanceReached(Told, frozen=True):
    """The target of an instance was reached ``times`` over by ``event`` (0: it is no longer), and what that
    gave; the fields are those of `Reach`. The points themselves are moved by other effects. ``ends`` says
    that the instance asks for nothing more, ``for_good`` that no return will touch the award: then of the
    entries only those are kept that ``counted`` still needs."""

    challenge: str
    instance: str
    event: str
    at: datetime
    times: int
    counted: int | Fraction
    box: int | None = None
    given: tuple[tuple[str, int], ...] = ()
    lots: tuple[tuple[str, str], ...] = ()
    grants: tuple[tuple[str, GrantKind, int, int], ...] = ()
    added: tuple[tuple[str, int | Fraction], ...] = ()
    ends: bool = False
    for_good: bool = False


class InstanceRecounted(Told, frozen=True):
    """A return leaves ``amount`` of what an event counts in an instance (0: nothing, the entry goes), and how
    far that brings the instance."""

    challenge: str
    instance: str
    event: str
    amount: int | Fraction
    counted: int | Fraction
    box: int | None = None
    status: InstanceStatus = "open"


class InstanceClosed(Told, frozen=True):
    """An instance counts no more: it has ``lapsed``, was ``restarted`` by another, or what opened it was
    ``undone``. It is forgotten, unless a return may still touch what it gave."""

    challenge: str
    instance: str
    how: Literal["lapsed", "restarted", "undone"]


Effect = (
    ClockMoved
    | LotOpened
    | LotFreed
    | LotDated
    | LotReduced
    | LotRestored
    | PartnerPaid
    | PayersShifted
    | PointsTaken
    | DeficitChanged
    | CounterAdded
    | LevelSet
    | TimerSet
    | OnceClaimed
    | ProfileSet
    | InstanceOpened
    | InstanceCounted
    | InstanceReached
    | InstanceRecounted
    | InstanceClosed
    | Granted
    | GrantWithdrawn
    | GrantKept
    | HistoryRetold
    | MemberErased
)
