"""Why the YAML parser stopped, in the designer's words; and how to read on behind it.

The parser's own sentences never reach a designer. They only choose between the few things that people get
wrong; what is said comes from looking at the place itself.
"""

from __future__ import annotations

import re

from loyalty_rules.ruleset.brackets import in_brackets, quoted_start, stray_bracket
from loyalty_rules.ruleset.layout import (
    block_end,
    expression_end,
    indent_of,
    line_end,
    line_start,
)
from loyalty_rules.ruleset.mistakes import Explained, Failure, Mistake, Repair, in_quotes
from loyalty_rules.ruleset.nodes import Scalar
from loyalty_rules.ruleset.traps import unclosed

_DOCUMENT_END = re.compile(r"^\.\.\.\s", re.MULTILINE)
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)

_NO_SPACE = re.compile(r"\s*(?:- )?([A-Za-z_][\w-]*):(\S[^\r\n]*)")
_AT_COMPARISON = re.compile(r"(?:>=|>)\s*([0-9][0-9_.]*)\s*$")
_WITHIN_AT = re.compile(r"\bat\s*:\s*(?:\{[^{}]*|[\w.-]+\s*:\s*)?$")
_KEY_BEFORE = re.compile(r"[A-Za-z_][\w-]*$")
_TIGHT_DASH = re.compile(r"-([A-Za-z_{][^\r\n]*)")
_ROUND = re.compile(r"\(\s*([A-Za-z_][\w-]*: [^()]*)\)\s*(?:#.*)?")
_LOOK_BACK = 200


def explain(failure: Failure, text: str, last: Scalar | None, flows: tuple[int, ...]) -> Explained:
    """The mistake at which the parser stopped, and a repair that lets it go on (None: it cannot).

    ``last`` is the scalar read last, ``flows`` where the open brackets begin.
    """
    context, problem = failure.context, failure.problem
    if "document start" in problem and _DOCUMENT_END.search(text, 0, failure.at):
        return _after_document_end(failure, text)
    if "document start" in problem and (directive := _DIRECTIVE.search(text, 0, failure.at)):
        return _reserved(directive.start(), text)
    if "plain scalar" in context and (tight := _tight_bracket(failure.at, text)):
        return tight
    if "block scalar" in context:
        return _block_start(failure, text)
    if "quoted scalar" in context:
        return _quoted(failure, text)
    if flows and ("simple key" in context or "mapping values" in problem):
        return in_brackets(failure._replace(context_at=flows[-1]), text, last, flows)
    if "simple key" in context:
        return _no_colon(failure, text)
    if any(word in context for word in ("alias", "anchor", "tag", "directive")):
        return _reserved(failure.context_at, text)
    if "cannot start any token" in problem:
        return _reserved(failure.at, text)
    if "mapping values" in problem:
        return _second_colon(failure, text, last)
    if "sequence entries" in problem:
        return _list_beside_key(failure, text)
    if "flow sequence" in context or "flow mapping" in context:
        return in_brackets(failure, text, last, flows)
    return _in_block(failure, text, last, flows)


def _after_document_end(failure: Failure, text: str) -> Explained:
    """Something behind ``...``, which ends a document."""
    mistake = Mistake(
        "second_document", "this stands behind the `...` that ends the document", failure.at,
        line_end(text, failure.at), "take the `...` out",
    )  # fmt: skip
    return mistake, Repair(failure.at, len(text), " ")


def _block_start(failure: Failure, text: str) -> Explained:
    """``at: >= 500``: > and | begin a block of text, unless something else follows them."""
    start = failure.context_at
    end = line_end(text, start)
    written = text[start:end].rstrip()
    help = _bare_comparison(written, text[:start]) or in_quotes(
        "put an expression in quotes", written
    )
    sign = written[:2] if written[1:2] == "=" else written[:1]
    message = f"a value cannot begin with `{sign}`"
    if "\t" in written or ("indentation" in failure.problem and len(written) < 3):
        message = f"the lines below `{written}` are not indented as a block of text"
        help = "indent each of them with the same number of spaces"
    return Mistake("reserved_start", message, start, end, help), Repair(start, end, "x")


def _bare_comparison(written: str, before: str) -> str | None:
    """The cure of a value that is half of a comparison, which no quotes would make whole."""
    number = _AT_COMPARISON.fullmatch(written)
    if number is None:
        return None
    if written.startswith(">=") and _WITHIN_AT.search(before[-_LOOK_BACK:]):
        return f"write {number[1]}; `at` means at or above"
    return f"write {number[1]} for a number, or the whole comparison: `order.total {written}`"


def _tight_bracket(at: int, text: str) -> Explained | None:
    """``{limit:{points: 5}}``: a key, its colon and a bracket without a space between them."""
    key = _KEY_BEFORE.search(text[:at][-_LOOK_BACK:])
    if key is None or text[at : at + 1] != ":" or text[at + 1 : at + 2] not in ("{", "["):
        return None
    start, bracket = at - len(key[0]), text[at + 1]
    mistake = Mistake(
        "space_after_colon", f"between `{key[0]}:` and `{bracket}` a space is missing", start, at + 2,
        f"a space after the colon: `{key[0]}: {bracket}`",
    )  # fmt: skip
    end = expression_end(text, start)
    return mistake, None if unclosed(text[start:end]) else Repair(start, end, "x")


def _quoted(failure: Failure, text: str) -> Explained:
    start = failure.context_at
    if "escape" in failure.problem or "hex" in failure.problem:
        at = text.rfind("\\", start, failure.at + 1)
        at = failure.at if at < 0 else at
        mistake = Mistake(
            "bad_escape", f"`{text[at : at + 2]}` is not an escape", at, at + 2,
            "write `\\\\` for a backslash, or put the text in single quotes",
        )  # fmt: skip
        return mistake, Repair(at, min(at + 2, len(text)), "x")
    end = line_end(text, start)
    mark = text[start : start + 1]
    mistake = Mistake(
        "unclosed_text", f"this text begins with `{mark}` and does not end", start, end,
        f"close it with `{mark}`",
    )  # fmt: skip
    return mistake, Repair(start, end, "x")


def _no_colon(failure: Failure, text: str) -> Explained:
    """A line among keys that has no colon, or no space after it."""
    start = failure.context_at
    line, end = line_start(text, start), line_end(text, start)
    tight = _NO_SPACE.match(text, line)
    if tight:
        mistake = Mistake(
            "space_after_colon", f"`{tight[1]}:{tight[2].rstrip()}` is one word, not a key and its value",
            tight.start(1), end, f"a space after the colon: `{tight[1]}: {tight[2].rstrip()}`",
        )  # fmt: skip
    else:
        mistake = Mistake(
            "not_yaml", "a key and a colon are missing on this line", start, end,
            "write `key: value`, or indent it to go on with the text above",
        )  # fmt: skip
    return mistake, Repair(line, block_end(text, line), " ")


def _reserved(at: int, text: str) -> Explained:
    """A value (or line) that begins with a character that YAML keeps for itself."""
    line, end = line_start(text, at), line_end(text, at)
    char = text[at : at + 1]
    if char == "%" and at == line:
        mistake = Mistake(
            "directive", "YAML directives are not used here", at, end, "take the line out"
        )
        return mistake, Repair(at, end, " ")
    if char == "\t":
        mistake = Mistake("tab_indentation", "a tab stands where YAML allows spaces only", at, at + 1,
                          "write spaces")  # fmt: skip
        return mistake, Repair(at, at + 1, " ")
    if unclosed(text[line:at]) in ("}", "]"):
        end = expression_end(text, at)
    written = text[at:end].rstrip()
    mistake = Mistake(
        "reserved_start", f"a value cannot begin with `{char}`", at, at + len(written),
        _bare_comparison(written, text[:at]) or in_quotes("put it in quotes", written),
    )  # fmt: skip
    return mistake, Repair(at, end, "x")


def _second_colon(failure: Failure, text: str, last: Scalar | None) -> Explained:
    """A colon that cannot begin a value: the second one on a line, or a line indented by mistake."""
    at = failure.at
    line, end = line_start(text, at), line_end(text, at)
    if re.match(r"[ ]*(?:- +)*[A-Za-z_][\w-]*:[\[{]", text[line:at]):
        return _no_colon(failure._replace(context_at=line), text)
    first_colon = re.match(r"[ ]*(?:- +)*[^\s:#\"'][^:#\r\n]*:[ ]+", text[line:at])
    if first_colon:
        start = line + first_colon.end()
        help = in_quotes("put the value in quotes", text[start:end].rstrip())
        if a_map := _ROUND.fullmatch(text, start, end):
            help = f"a map stands in braces: `{{{a_map[1].rstrip()}}}`"
        mistake = Mistake("unquoted_expression", "a second `: ` on one line", start, end, help)
        return mistake, Repair(start, end, "x")
    if last is not None and last.is_quoted and "\n" in text[last.start : last.end]:
        return _runaway_quote(last, text)
    start = line + len(text[line:end]) - len(text[line:end].lstrip(" "))
    mistake = Mistake(
        "wrong_indentation", "this line is indented more than the key it should stand beside",
        start, end, "give it the same indentation as the keys around it",
    )  # fmt: skip
    return mistake, Repair(start, block_end(text, line, with_siblings=True), " ")


def _list_beside_key(failure: Failure, text: str) -> Explained:
    at, end = failure.at, line_end(text, failure.at)
    mistake = Mistake(
        "wrong_indentation", "a list cannot begin beside its key", at, end,
        "put each `- ` on a line of its own below the key, or write `[a, b]`",
    )  # fmt: skip
    return mistake, Repair(at, block_end(text, line_start(text, at)), "x")


def _in_block(
    failure: Failure, text: str, last: Scalar | None, flows: tuple[int, ...]
) -> Explained:
    """A line, or the rest of one, that fits nowhere among the keys or list items around it."""
    at = failure.at
    line, end = line_start(text, at), line_end(text, at)
    if last is not None and last.is_quoted and last.end <= at:
        if "\n" in text[last.start : last.end] and line < last.end:
            return _runaway_quote(last, text)
        if not text[last.end : at].strip(" \t") and last.end > line:
            return quoted_start(last.start, end, text)
    if flows and (at >= len(text.rstrip()) or text[at] not in "]},[{"):
        return in_brackets(failure._replace(context_at=flows[-1]), text, last, flows)
    char = text[at : at + 1]
    if char and char in "]},[{":
        return stray_bracket(at, end, text, flows)
    start = line + indent_of(text, line)
    if text[line:at].strip() or start >= end:
        mistake = Mistake(
            "not_yaml", "the rest of this line does not belong to the value before it", at,
            max(end, at), "put the whole value in quotes",
        )  # fmt: skip
        begin = at if ":" in text[line:at] else start
        return mistake, Repair(begin, end, " ") if end > begin else None
    if tight := _TIGHT_DASH.match(text, start, end):
        mistake = Mistake(
            "wrong_indentation", "between the dash of this list item and what it is a space is missing",
            start, end, f"a space after the dash: `- {tight[1].rstrip()}`",
        )  # fmt: skip
        return mistake, Repair(start, block_end(text, line), " ")
    what = "list item" if text[start : start + 1] == "-" else "line"
    mistake = Mistake(
        "wrong_indentation", f"this {what} does not line up with the lines around it", start, end,
        "give the keys of one map, and the dashes of one list, the same indentation",
    )  # fmt: skip
    same_again = start - line != failure.context_at - line_start(text, failure.context_at)
    return mistake, Repair(start, block_end(text, line, with_siblings=same_again), " ")


def _runaway_quote(last: Scalar, text: str) -> Explained:
    """A quote that was not closed on its line and has swallowed the lines up to the next quote."""
    end = line_end(text, last.start)
    mark = text[last.start : last.start + 1]
    mistake = Mistake(
        "unclosed_text", f"this text begins with `{mark}` and does not end on its line",
        last.start, end, f"close it with `{mark}`",
    )  # fmt: skip
    return mistake, Repair(last.start, end, "x")
