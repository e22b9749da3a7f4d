"""The door: the bytes of a file become a positioned tree, or mistakes with their places and cures.

PyYAML gives parser events only. Its composer is never used: it dies on deep nesting, forgets places,
keeps one of two equal keys and decides what ``NO`` and ``12:30`` mean. Size, depth and number are bounded
while the events arrive, so no input costs more than a moment.

A mistake that stops the parser is replaced by something harmless of the same length and the file is read
again, so that one run shows every mistake. What was replaced is marked in the tree (``Scalar.broken``,
``Mapping.incomplete``): later passes say nothing about it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, Protocol

import yaml

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.ruleset.decode import Found, decode
from loyalty_rules.ruleset.frames import Frame, as_key
from loyalty_rules.ruleset.mistakes import Failure, Repair, apply_repair
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar, Sequence, Source, Style
from loyalty_rules.ruleset.properties import Properties
from loyalty_rules.ruleset.syntax import explain
from loyalty_rules.ruleset.traps import (
    NO_BREAK_SPACES,
    check_equal_keys,
    check_items,
    check_scalar,
    check_values,
    is_empty,
)
from loyalty_rules.ruleset.whitespace import (
    report_tabs,
    report_unbreakable,
    spaces_for,
    spaces_for_tabs,
    tabbed_lines,
    unbreakable,
)

__all__ = ["Mapping", "Node", "Scalar", "Sequence", "Source", "read_tree"]

DEPTH_MAX: Final = 100
NODES_MAX: Final = 150_000
SCALAR_MAX: Final = 65_536

REPAIRS_MAX: Final = 25
_READ_MAX: Final = 1_200_000
"""Characters that are read in all, repairs included: a large file shows fewer syntax mistakes at a time."""

_STYLES: Final[dict[str | None, Style]] = {
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
_BLANKS: Final = (" ", "\t")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


RULE_SET: Final = "`ruleset:` and an id"
"""How a rule set begins."""


def read_tree(
    data: bytes, file: str, begin: str = RULE_SET
) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """The tree of one file and every mistake in it, in file order. ``begin``: how such a file begins.

    The tree is None when nothing of it can be trusted. With mistakes it may still be there, so that later
    passes find theirs in the same run; it must not be used for anything else. Never raises.
    """
    source, text, found = decode(data, file)
    if source is None:
        return None, found.in_order()
    root = _read_with_repairs(source, text, found)
    if root is None and not found.diagnostics:
        found.add("empty_file", "the file is empty", 0, 0, f"begin with {begin}")
    return root, found.in_order()


def _read_with_repairs(source: Source, text: str, found: Found) -> Node | None:
    """Read, explain what stopped the parser, repair it, read again; the last reading's findings count."""
    certain = list(found.diagnostics)
    tabs, tabbed = tabbed_lines(text), set[int]()
    repairs = [Repair(start, end, "x") for start, end in found.replaced]
    attempts, unread = REPAIRS_MAX + 1, _READ_MAX
    while not found.is_full:
        found.begin_again(certain)
        builder = _Builder(source, found, tuple(repairs))
        failure = builder.read(text)
        until = len(text) if failure is None else source.line_end(failure.at)
        if margins := builder.unbreakable_margins(text, until):  # read again without them first
            found.begin_again(certain)
            report_unbreakable(text, margins, found)
            certain, text = list(found.diagnostics), spaces_for(text, margins)
            unread -= until
            if unread < len(text):
                return None
            continue
        if failure is None:
            report_tabs([at for at in tabs if not builder.holds(at)], found)
            return None if found.is_full else builder.root
        if failure.is_too_deep:  # the scanner ran ahead of our own bound, which says where
            text = text[: failure.at]
            continue
        unread -= failure.at
        may_read_on = unread >= len(text)
        if _is_tabbed(source, failure.at, tabs):  # read again without the tabs first
            found.begin_again(certain)
            tabs = [at for at in tabs if not builder.holds(at)]
            report_tabs(tabs, found)
            tabbed = {source.line_start(at) for at in tabs}
            certain, text, tabs = list(found.diagnostics), spaces_for_tabs(text, tabs), []
            if not may_read_on:
                return None
            continue
        attempts -= 1
        mistake, repair = explain(failure, text, builder.last, builder.open_flows())
        is_last = repair is None or attempts <= 0 or not may_read_on or repair in repairs
        if not is_last:
            found.begin_again(certain)
        if source.line_start(mistake.start) not in tabbed:  # of such a line it is told once
            found.add(mistake.name, mistake.message, mistake.start, mistake.end, mistake.help)
        if repair is None or is_last:
            return None
        certain = list(found.diagnostics)
        repairs.append(repair)
        text = apply_repair(text, repair)
    return None


def _is_tabbed(source: Source, at: int, tabs: list[int]) -> bool:
    """Whether the parser stopped on a line that is indented with a tab."""
    first = bisect_left(tabs, source.line_start(at))
    return first < len(tabs) and tabs[first] <= source.line_end(at)


class _Parser(Protocol):
    """What both parsers give: one event after the other. The generator around them costs a third more."""

    def get_event(self) -> yaml.Event: ...

    def dispose(self) -> None: ...


class _Mark(Protocol):
    """A place as both parsers, the C one and the Python one, tell it."""

    index: int


def _at(mark: _Mark | None) -> int:
    """Offset of a parser's mark; both parsers count characters."""
    assert mark is not None
    return mark.index


class _StopReadingError(Exception):
    """The rest of the file is not read: a limit was reached or a second document begins."""


class _Builder:
    """Builds nodes from events, one reading of one file."""

    def __init__(self, source: Source, found: Found, repairs: tuple[Repair, ...]) -> None:
        self.source = source
        self.root: Node | None = None
        self.last: Scalar | None = None
        self._text = source.text
        self._found = found
        self._repairs = repairs
        self._repaired_until = max((one.end for one in repairs), default=-1)
        self._frames = list[Frame]()
        self._quoted = list[tuple[int, int]]()
        self._nodes = 0
        self._documents = 0
        self._properties = Properties(source, found)
        self._has_no_break_spaces = NO_BREAK_SPACES.search(source.text) is not None
        self._simple_from = len(source.text) if self._has_no_break_spaces else self._repaired_until
        """Where the plain scalars begin that nothing can be wrong with."""

    def read(self, text: str) -> Failure | None:
        """Read all events of ``text``; what stopped the parser, or None."""
        try:
            self._read_events(_LOADER(text))
        except _StopReadingError:
            pass
        except yaml.MarkedYAMLError as error:
            mark, context = error.problem_mark, error.context_mark
            at = len(text) if mark is None else min(_at(mark), len(text))
            context_at = at if context is None else min(_at(context), len(text))
            return Failure(at, str(error.problem or ""), context_at, str(error.context or ""))
        except yaml.YAMLError:
            return Failure(0, "", 0, "")
        self._properties.report()
        return None

    def _read_events(self, parser: _Parser) -> None:
        try:
            event = parser.get_event()
            while not isinstance(event, yaml.StreamEndEvent):
                if isinstance(event, yaml.ScalarEvent):
                    self._scalar(event)
                elif isinstance(event, yaml.MappingEndEvent):
                    self._close(self._mapping(event))
                elif isinstance(event, yaml.SequenceEndEvent):
                    self._close(self._sequence(event))
                else:
                    self._take(event)
                event = parser.get_event()
        finally:
            parser.dispose()

    def open_flows(self) -> tuple[int, ...]:
        """Where the brackets and braces begin that are open now, outermost first."""
        return tuple(frame.start for frame in self._frames if frame.is_flow)

    def holds(self, offset: int) -> bool:
        """Whether ``offset`` lies inside a text of several lines, where a tab is as good as any character."""
        at = bisect_left(self._quoted, (offset, 0)) - 1
        return at >= 0 and offset < self._quoted[at][1]

    def unbreakable_margins(self, text: str, until: int) -> list[tuple[int, int]]:
        """Where no-break spaces stand for spaces up to an offset, but for texts of several lines."""
        return [one for one in unbreakable(text) if one[0] <= until and not self.holds(one[0])]

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, yaml.AliasEvent):
            start, end = _at(event.start_mark), _at(event.end_mark)
            self._properties.alias(start, end)
            self._close(Scalar("", "plain", start, end, self.source, broken=True))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._begin_document(event)

    def _begin_document(self, event: yaml.DocumentStartEvent) -> None:
        start = _at(event.start_mark)
        self._documents += 1
        if self._documents > 1:
            self._stop(
                "second_document", "a second document begins here", start, start + 3,
                "one file holds one rule set: move it to a file of its own",
            )  # fmt: skip
        if event.version or event.tags:
            line_end = self.source.line_end(start)
            self._found.add(
                "directive",
                "YAML directives are not used here",
                start,
                line_end,
                "take the line out",
            )

    def _count(self, start: int) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            self._stop(
                "too_many_values", f"more than {NODES_MAX:,} values in one file", start, start,
                "split the rule set",
            )  # fmt: skip

    def _stop(self, name: str, message: str, start: int, end: int, help: str) -> None:
        self._found.add(name, message, start, end, help)
        if name != "second_document":
            self.root = None
        raise _StopReadingError

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        """Take a scalar. Most are plain words without a trap, so these go the shortest way."""
        first, last, text = event.start_mark, event.end_mark, event.value
        assert first is not None and last is not None
        start, end = first.index, last.index
        self._nodes += 1
        if self._nodes > NODES_MAX or len(text) > SCALAR_MAX:
            self._refuse_scalar(start, len(text))
        is_simple = (
            not event.style
            and self._simple_from <= start < end
            and event.tag is None
            and event.anchor is None
            and self._text[end : end + 1] not in _BLANKS
        )
        if is_simple:
            scalar = Scalar(text, "plain", start, end, self.source)
        else:
            scalar = self._odd_scalar(event, start, end)
        self.last = scalar
        frame = self._frames[-1] if is_simple and self._frames else None
        if frame is None or not frame.is_map:
            self._close(scalar)
        elif not frame.expects_value and text != "<<":
            frame.key, frame.expects_value = scalar, True
        elif frame.key is not None and frame.expects_value:
            frame.entries.append((frame.key, scalar))
            frame.expects_value = False
        else:
            self._close(scalar)

    def _odd_scalar(self, event: yaml.ScalarEvent, start: int, end: int) -> Scalar:
        """A scalar that is quoted, or at which a trap may lie."""
        text = event.value
        tagged = event.tag is not None
        if tagged or event.anchor is not None:
            start = min(self._properties.of_node(start, event.anchor, event.tag), end)
            self._stop_if_full()
        style = _STYLES.get(event.style, "plain")
        scalar = Scalar(text, style, start, end, self.source)
        if style != "plain":
            self._quoted.append((start, end))
        if start < self._repaired_until and self._is_repaired(start, end):
            scalar.broken = True
        elif start == end or event.tag in ("!", "!="):
            scalar.broken = tagged  # reported: a tag without a value, or the rest of `!= 3`
        elif style != "plain" or self._has_no_break_spaces or self._text[end : end + 1] in _BLANKS:
            check_scalar(scalar, self._found, has_no_break_spaces=self._has_no_break_spaces)
            self._stop_if_full()
        return scalar

    def _stop_if_full(self) -> None:
        if self._found.is_full:
            raise _StopReadingError  # nothing more is told of this file

    def _is_repaired(self, start: int, end: int) -> bool:
        return any(one.start < end and start < one.end for one in self._repairs)

    def _refuse_scalar(self, start: int, length: int) -> None:
        self._nodes -= 1
        self._count(start)
        self._stop(
            "text_too_long", f"a text of {length:,} characters", start, start + 1,
            f"at most {SCALAR_MAX:,} characters",
        )  # fmt: skip

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start = _at(event.start_mark)
        self._count(start)
        if len(self._frames) >= DEPTH_MAX:
            self._stop(
                "too_deep", f"values nested deeper than {DEPTH_MAX} levels", start, start + 1,
                "a rule set needs ten levels at most: is a bracket not closed?",
            )  # fmt: skip
        if event.anchor or event.tag:
            start = self._properties.of_node(start, event.anchor, event.tag)
            self._stop_if_full()
        is_map = isinstance(event, yaml.MappingStartEvent)
        self._frames.append(Frame(is_map, bool(event.flow_style), start))

    def _mapping(self, event: yaml.MappingEndEvent) -> Mapping:
        frame, end = self._frames.pop(), _at(event.end_mark)
        entries, incomplete = frame.entries, frame.incomplete
        if frame.has_empty:
            entries = check_values(entries, self._found, is_flow=frame.is_flow)
            incomplete = incomplete or len(entries) < len(frame.entries)
        entries = check_equal_keys(entries, self._found)
        self._stop_if_full()
        if frame.start <= self._repaired_until and not incomplete:
            incomplete = any(self._loses_keys(one, frame.start, end) for one in self._repairs)
        return Mapping(tuple(entries), frame.start, end, self.source, incomplete)

    def _loses_keys(self, repair: Repair, start: int, end: int) -> bool:
        """Whether a repair may have taken keys from the map between ``start`` and ``end``."""
        if repair.start > end or start > repair.end:
            return False
        return repair.fill == " " or "\n" in self.source.text[repair.start : repair.end]

    def _sequence(self, event: yaml.SequenceEndEvent) -> Sequence:
        frame, end = self._frames.pop(), _at(event.end_mark)
        items = check_items(frame.items, self._found, is_flow=frame.is_flow)
        self._stop_if_full()
        return Sequence(tuple(items), frame.start, end, self.source)

    def _close(self, node: Node) -> None:
        """Put a finished node where it belongs: the root, a list item, a key or a key's value."""
        if not self._frames:
            if self.root is None and not is_empty(node):
                self.root = node
            return
        frame = self._frames[-1]
        if frame.expects_value:
            frame.expects_value = False
            if node.start == node.end:
                frame.has_empty = True
            if frame.key is not None:
                frame.entries.append((frame.key, node))
        elif frame.is_map:
            frame.expects_value = True
            frame.key = as_key(node, self._found)
            if frame.key is None:
                frame.incomplete = True
        else:
            frame.items.append(node)
