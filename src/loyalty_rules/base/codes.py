"""The catalogue of diagnostics: every name, its number, its severity and one line for its docs page.

LR0xx file and shape, LR1xx names, LR2xx expressions, LR3xx meaning, LR4xx plugins, LR5xx events.
A number is never used for anything else again, not even when its code is gone.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class Code(NamedTuple):
    """One entry of the catalogue."""

    number: str
    severity: Literal["error", "warning"]
    title: str


def _error(number: str, title: str) -> Code:
    return Code(number, "error", title)


def _warning(number: str, title: str) -> Code:
    return Code(number, "warning", title)


CODES: Final[dict[str, Code]] = {
    # LR0xx: the file and its shape
    "file_too_large": _error("LR001", "a file beyond the size that is read"),
    "not_utf8": _error("LR002", "a file that is not UTF-8"),
    "control_character": _error("LR003", "an invisible control character"),
    "bidi_control": _error("LR004", "a character that turns the reading direction"),
    "empty_file": _error("LR005", "a file that says nothing"),
    "too_deep": _error("LR006", "values nested beyond the depth that is read"),
    "too_many_values": _error("LR007", "more values than are read from one file"),
    "text_too_long": _error("LR008", "one text beyond the length that is read"),
    "not_yaml": _error("LR009", "a line that cannot be read as YAML"),
    "tab_indentation": _error("LR010", "a tab where spaces must indent"),
    "tag": _error("LR011", "a YAML tag"),
    "anchor": _error("LR012", "a YAML anchor or alias"),
    "merge_key": _error("LR013", "a YAML merge key"),
    "directive": _error("LR014", "a YAML directive"),
    "second_document": _error("LR015", "a second document in one file"),
    "empty_value": _error("LR016", "a key or list item without a value"),
    "equal_keys": _error("LR017", "two equal keys in one map"),
    "key_not_text": _error("LR018", "a key that is missing, or is a list or a map"),
    "no_break_space": _error("LR019", "a no-break space outside quotes"),
    "space_after_colon": _error("LR020", "a colon without a space after it"),
    "unquoted_expression": _error("LR021", "an expression that YAML takes apart unless it is quoted"),
    "thousands_separator": _error("LR022", "a comma inside a number"),
    "unclosed_text": _error("LR023", "a text whose end is missing"),
    "comment_in_condition": _warning("LR024", "a comment that reads as part of the condition"),
    "unclosed_bracket": _error("LR025", "a bracket that is not closed, or closes nothing"),
    "wrong_indentation": _error("LR026", "a line that does not line up with the lines around it"),
    "bad_escape": _error("LR027", "a backslash in double quotes that YAML does not know"),
    "reserved_start": _error("LR028", "a value that begins with a character that YAML reserves"),
    "unknown_key": _error("LR030", "a key that has no meaning at this place"),
    "missing_key": _error("LR031", "a key that must be written"),
    "wrong_type": _error("LR032", "a value of another kind than the place wants"),
    "wrong_choice": _error("LR033", "a word that is not among the choices of this place"),
    "not_a_number": _error("LR034", "something else where a number must stand"),
    "not_a_bool": _error("LR035", "something else where true or false must stand"),
    "unquoted_text": _error("LR036", "a number, true or false where a text must stand: quote it"),
    "out_of_range": _error("LR037", "a number outside its bounds"),
    "wrong_form": _error("LR038", "a text that is not written in the form of its place"),
    "wrong_count": _error("LR039", "too few or too many entries"),
    "bad_id": _error("LR040", "an id with characters that ids may not have"),
    "wrong_value": _error("LR041", "a value that the schema of a plugin does not allow"),
    "too_many_mistakes": _error("LR042", "more mistakes than are shown in one run"),
    # LR1xx: names
    "unknown_name": _error("LR101", "a name that nothing in the rule set or the language has"),
    # LR2xx: expressions
    # LR3xx: meaning
    "not_built_yet": _error("LR301", "a word of the language that this version does not decide yet"),
    # LR4xx: plugins
    # LR5xx: events
}
