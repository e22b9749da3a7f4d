"""Versions of one rule set beside each other: times that overlap or leave a gap, names that change their
meaning from one version to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.engine.model import Model
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.tree import read_tree

_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)
_SAME_MONEY: Final = (
    "what members have spent was counted in it: keep it, and name other currencies under `accepts`"
)
_TOP: Final = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Version:
    """One file of a rule set that has several."""

    file: str
    text: str
    model: Model

    @property
    def start(self) -> datetime:
        """The first instant at which it is in force."""
        return self.model.start or _BEGINNING

    @property
    def before(self) -> datetime:
        """The first instant at which it is in force no more."""
        return self.model.before or _END

    def place(self, *path: str) -> Span:
        """Where the value of a key stands; of the nearest key around it, if it is not written."""
        node, _ = read_tree(self.text.encode(), self.file)
        span = _TOP
        for key in path:
            if not isinstance(node, MappingNode) or (found := node.get(key)) is None:
                break
            node, span = found, found.span
        return span

    def named(self, *path: str) -> str:
        """The version and its place, as other files speak of it."""
        place = self.place(*path)
        return f"version `{self.model.version}` (`{self.file}:{place.line}:{place.column}`)"


def in_order(versions: Sequence[Version]) -> list[Version]:
    """Versions as they follow each other; the order in which files were found never counts."""
    return sorted(versions, key=lambda one: (one.start, one.before, one.model.version, one.file))


def check_versions(versions: Sequence[Version]) -> tuple[Diagnostic, ...]:
    """What is wrong among files that are to be versions of one rule set, file by file."""
    ordered = in_order(versions)
    found = [*_other_ids(ordered), *_same_texts(ordered)]
    if not found:
        for one, other in pairwise(ordered):
            found += [*_gone(one, other), *_changed(one, other)]
        found += [*_overlaps(ordered), *_gaps(ordered)]
    return tuple(found)


def _other_ids(ordered: Sequence[Version]) -> Iterator[Diagnostic]:
    first = ordered[0]
    for one in ordered[1:]:
        if one.model.id != first.model.id:
            yield Diagnostic(
                "other_rule_set",
                f"`{one.model.id}` is no version of `{first.model.id}`, {first.named('ruleset')}",
                one.file,
                one.place("ruleset"),
                "keep each rule set in a folder of its own, with its versions",
            )


def _same_texts(ordered: Sequence[Version]) -> Iterator[Diagnostic]:
    known: dict[str, Version] = {}
    for one in ordered:
        first = known.setdefault(one.model.version, one)
        if first is not one:
            place = first.place("version")
            yield Diagnostic(
                "same_version",
                f"`{first.file}:{place.line}:{place.column}` is called version "
                f"`{one.model.version}`, too",
                one.file,
                one.place("version"),
                "give each version a text of its own",
            )


def _overlaps(ordered: Sequence[Version]) -> Iterator[Diagnostic]:
    for one, other in combinations(ordered, 2):
        if other.start < one.before:
            yield Diagnostic(
                "versions_overlap",
                f"version `{other.model.version}` is in force from "
                f"{_instant(other.start, other)} on, together with {one.named('effective')}",
                other.file,
                other.place("effective"),
                "let one version end where the other begins: `through` a day, or `before` an instant",
            )


def _gaps(ordered: Sequence[Version]) -> Iterator[Diagnostic]:
    reached = ordered[0]
    for one in ordered[1:]:
        if one.start > reached.before:
            yield Diagnostic(
                "versions_gap",
                f"no version is in force between {reached.named('effective')} and "
                f"version `{one.model.version}`",
                one.file,
                one.place("effective"),
                f"events from {_instant(reached.before, one)} up to {_instant(one.start, one)} "
                "are refused",
            )
        if one.before > reached.before:
            reached = one


def _instant(instant: datetime, version: Version) -> str:
    if instant == _BEGINNING:
        return "the beginning"
    return instant.astimezone(ZoneInfo(version.model.zone)).isoformat(timespec="minutes")[:16]


def _gone(one: Version, other: Version) -> Iterator[Diagnostic]:
    held = [account.id for account in one.model.accounts]
    here = {account.id for account in other.model.accounts}
    for program in held:
        if program not in here and _kinds(other).get(program) is None:
            yield Diagnostic(
                "program_gone",
                f"`{program}` of {one.named('programs', program)} is not in version "
                f"`{other.model.version}`",
                other.file,
                other.place("programs"),
                "its points stay where they are: keep the program, without rules, to let them be spent",
            )


def _changed(one: Version, other: Version) -> Iterator[Diagnostic]:
    """Names under which a member's state holds something, and that mean another thing from now on."""
    if one.model.currency.code != other.model.currency.code or (
        one.model.currency.scale != other.model.currency.scale
    ):
        yield _meaning("currency", one, other, ("currency",), _SAME_MONEY)
    then, now = _kinds(one), _kinds(other)
    for name in sorted(then.keys() & now.keys()):
        if then[name] != now[name]:
            section = "programs" if name in _programs(other) else "counters"
            yield _meaning(name, one, other, (section, name))
    fields, later = _profile(one), _profile(other)
    for name in sorted(fields.keys() & later.keys()):
        if fields[name] != later[name]:
            yield _meaning(name, one, other, ("events", "profile", "fields", name))


def _meaning(
    name: str, one: Version, other: Version, path: tuple[str, ...], help: str = ""
) -> Diagnostic:
    return Diagnostic(
        "changed_meaning",
        f"`{name}` is not what it is in {one.named(*path)}",
        other.file,
        other.place(*path),
        help
        or "what members have under this name was counted as it was meant then: take another name",
    )


def _programs(version: Version) -> set[str]:
    model = version.model
    levels = {table.id for table in model.level_tables}
    spend = {account.id for account in model.spend_accounts}
    return {account.id for account in model.accounts} | levels | spend


def _kinds(version: Version) -> dict[str, object]:
    """What each program and counter of a file keeps of a member."""
    model = version.model
    kept: dict[str, object] = {
        counter.id: (counter.measure, counter.kind.name)
        for counter in model.counters
        if "." not in counter.id
    }
    kept.update({table.id: "levels" for table in model.level_tables})
    kept.update({account.id: "spend" for account in model.spend_accounts})
    kept.update({account.id: ("points", account.scale) for account in model.accounts})
    return kept


def _profile(version: Version) -> dict[str, str]:
    return {
        field.name: field.kind.name
        for kind in version.model.kinds
        if kind.name == "profile"
        for field in kind.fields
    }
