"""The summary of a run, as text for people and as one object for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loyalty_rules.base.screen import printable, width
from loyalty_rules.batch.figures import Figures, written_points
from loyalty_rules.service.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run took. ``peak_mb`` is None where the system does not tell."""

    seconds: float
    peak_mb: int | None


def peak_memory_mb() -> int | None:
    """The most memory that this process has held so far."""
    try:
        import resource
    except ImportError:  # not on every system
        return None
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def as_object(rules: RuleSet, figures: Figures, as_of: str, effort: Effort) -> dict[str, object]:
    """The figures in one object for ``json.dumps``."""
    return {
        "ruleset": {"id": rules.id, "version": rules.version, "digest": rules.digest},
        "as_of": as_of,
        **figures.as_json(),
        "seconds": round(effort.seconds, 3),
        "events_per_second": _per_second(figures, effort),
        "peak_memory_mb": effort.peak_mb,
    }


def as_text(rules: RuleSet, figures: Figures, as_of: str, effort: Effort) -> str:
    """The figures on a page; nothing in it can move a cursor."""
    parts = (
        _head(rules, as_of),
        _events(figures, effort),
        _points(figures),
        _returns(figures),
        _rules(figures),
        _members(rules, figures),
        _refused(figures),
        _missing(figures),
    )
    blocks = ("\n".join(printable(line) for line in part) for part in parts)
    return "\n\n".join(block for block in blocks if block)


def _per_second(figures: Figures, effort: Effort) -> int:
    return round(figures.events / effort.seconds) if effort.seconds > 0 else 0


def _head(rules: RuleSet, as_of: str) -> Iterator[str]:
    yield f"{rules.title} ({rules.id} {rules.version}), as of {as_of}"


def _events(figures: Figures, effort: Effort) -> Iterator[str]:
    memory = "" if effort.peak_mb is None else f", {effort.peak_mb:,} MB"
    speed = f"{_per_second(figures, effort):,} events/s, {effort.seconds:.1f} s{memory}"
    by_status = {name.replace("_", " "): count for name, count in figures.statuses.items() if count}
    rows = [("events", f"{figures.events:,}", speed)]
    rows += [(f"  {name}", f"{count:,}", "") for name, count in sorted(figures.types.items())]
    unread = figures.events - sum(figures.types.values())
    rows += [("  unreadable", f"{unread:,}", "")] if unread else []
    rows += [(f"of these {name}", f"{count:,}", "") for name, count in sorted(by_status.items())]
    return _table(rows, "lrl")


def _points(figures: Figures) -> Iterator[str]:
    rows = [
        (f"{account.id} issued", shown(figures.points[account.id], account.scale))
        for account in figures.accounts
    ]
    left = {"taken back": figures.taken, "spent": figures.spent, "expired": figures.expired}
    rows += [
        (f"{account.id} {how}", shown(points[account.id], account.scale))
        for how, points in left.items()
        for account in figures.accounts
        if points[account.id]
    ]
    return _table(rows, "lr")


def _returns(figures: Figures) -> Iterator[str]:
    """What became of returns; and of a run into a ledger, if it came to nothing."""
    if figures.is_ledger and not figures.statuses["booked"]:
        yield "nothing was booked: everything in these files was booked before, waits, or is refused"
    counts = [
        f"{name.replace('_', ' ')} {count:,}" for name, count in figures.returns.items() if count
    ]
    if counts:
        yield f"returns: {', '.join(counts)}"


def _rules(figures: Figures) -> Iterator[str]:
    if not figures.rules:
        return iter(())
    rows = [("rule", "times", "gave", "trimmed", "lost", "taken back")]
    rows += [
        (
            name,
            f"{rule.times:,}",
            _gave(figures, rule.points, "beside points" if rule.times else "nothing"),
            f"{rule.trimmed:,}",
            f"{rule.lost:,}",
            _gave(figures, rule.taken),
        )
        for name, rule in figures.rules.items()
    ]
    if any(rule.taken for rule in figures.rules.values()):
        return _table(rows, "lrrrrr")
    return _table([row[:-1] for row in rows], "lrrrr")


def _gave(figures: Figures, points: Mapping[str, int], else_said: str = "nothing") -> str:
    given = [
        f"{shown(points[account.id], account.scale)} {account.id}"
        for account in figures.accounts
        if points.get(account.id)
    ]
    return " and ".join(given) or else_said


def _members(rules: RuleSet, figures: Figures) -> Iterator[str]:
    yield f"members  {figures.members:,}"
    for program, levels in figures.levels.items():
        counts = ", ".join(f"{name} {count:,}" for name, count in levels.items())
        yield f"  {program}: {counts}"


def _refused(figures: Figures) -> Iterator[str]:
    for code, count in sorted(figures.refused.items(), key=lambda one: (-one[1], one[0])):
        yield f"refused {count:,} as {code}"
        examples = figures.examples[code]
        for example in examples:
            yield f"  {example.place}: {example.text}"
        if count > len(examples):
            yield f"  and {count - len(examples):,} more"


def _missing(figures: Figures) -> Iterator[str]:
    for (rule, fact), count in sorted(figures.missing.items()):
        times = "once" if count == 1 else f"{count:,} times"
        yield f"{rule} did not give {times} because it was not told {fact}"


def shown(units: int, scale: int) -> str:
    """Points with thousands separated: 1,234.50."""
    if scale == 0:
        return f"{units:,}"
    head, _, tail = str(written_points(units, scale)).partition(".")
    return f"{int(head):,}.{tail}"


def _table(rows: Sequence[tuple[str, ...]], sides: str) -> Iterator[str]:
    """Rows in columns, each on its side (l or r), as wide as what they show."""
    wide = (
        [max(width(printable(row[at])) for row in rows) for at in range(len(sides))] if rows else []
    )
    for row in rows:
        cells = []
        for text, side, room in zip(row, sides, wide, strict=True):
            space = " " * (room - width(printable(text)))
            cells.append(f"{space}{text}" if side == "r" else f"{text}{space}")
        yield "  ".join(cells).rstrip()
