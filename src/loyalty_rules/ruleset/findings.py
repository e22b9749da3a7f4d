"""Mistakes of one file as they are found: each once, handed out in file order."""

from __future__ import annotations

from collections.abc import Iterable

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.ruleset.decode import DIAGNOSTICS_MAX
from loyalty_rules.ruleset.nodes import Node, Scalar


class Findings:
    """Collects diagnostics of one file.

    A place that an earlier pass found wrong is known by its span: later passes that trip over the same
    place stay silent, so that one mistake gives one message.
    """

    def __init__(self, file: str, earlier: Iterable[Diagnostic] = ()) -> None:
        self._file = file
        self._found: dict[tuple[str, Span | None, str], Diagnostic] = {}
        self._wrong: set[Span] = set()
        self._errors = 0
        for diagnostic in earlier:
            self.keep(diagnostic)

    def add(
        self,
        name: str,
        place: Node | Span,
        message: str,
        help: str | None = None,
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Report a mistake or a warning at a place."""
        span = place if isinstance(place, Span) else place.span
        self.keep(Diagnostic(name, message, self._file, span, help, related))

    def is_wrong(self, node: Node) -> bool:
        """Whether a mistake was reported at exactly this place."""
        if isinstance(node, Scalar) and node.broken:
            return True
        return bool(self._wrong) and node.span in self._wrong

    def has_within(self, node: Node) -> bool:
        """Whether a mistake was reported anywhere inside of ``node``."""
        inside = node.span
        first, last = (inside.line, inside.column), (inside.end_line, inside.end_column)
        return any(first <= (one.line, one.column) < last for one in self._wrong)

    def keep(self, diagnostic: Diagnostic) -> None:
        """Take over a diagnostic that another pass made; of warnings no more than a reader can take in."""
        if not diagnostic.is_error and self.count - self._errors >= DIAGNOSTICS_MAX:
            return
        key = (diagnostic.name, diagnostic.span, diagnostic.message)
        if key in self._found:
            return
        self._found[key] = diagnostic
        if diagnostic.is_error:
            self._errors += 1
            if diagnostic.span is not None:
                self._wrong.add(diagnostic.span)

    def all(self) -> tuple[Diagnostic, ...]:
        """Everything found so far, in file order."""
        first = Span(0, 0, 0, 0)
        return tuple(sorted(self._found.values(), key=lambda one: (one.span or first, one.code)))

    @property
    def count(self) -> int:
        """How many there are so far."""
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether the file may not be used."""
        return self._errors > 0

    @property
    def is_full(self) -> bool:
        """Whether there are more mistakes than are shown, so that looking for more is of no use."""
        return self._errors > DIAGNOSTICS_MAX
