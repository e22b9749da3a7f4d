"""The catalogue of diagnostics: every name, its number, its severity and one line for its docs page.

LR0xx file and shape, LR1xx names, LR2xx expressions, LR3xx meaning, LR4xx plugins, LR5xx events, LR7xx
scenarios.
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
    "unquoted_expression": _error(
        "LR021", "an expression that YAML takes apart unless it is quoted"
    ),
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
    "unknown_program": _error("LR102", "a points program that nothing declares"),
    "unknown_event": _error("LR103", "a kind of event that nothing declares"),
    "unknown_figure": _error("LR104", "a counter or figure that nothing declares"),
    "unknown_group": _error("LR105", "a group that nothing declares"),
    "unknown_zone": _error("LR106", "a time zone that is not in the database of zones"),
    "duplicate_id": _error("LR107", "an id that stands for two things"),
    "reserved_name": _error("LR108", "an id that is a word of the language"),
    "cycle": _error("LR109", "a name that is defined by itself"),
    "field_taken": _error("LR110", "a field that a shipped event has already"),
    "unknown_currency": _warning("LR111", "a currency that ISO 4217 does not have"),
    # LR2xx: expressions
    "expression_empty": _error("LR201", "an expression with nothing in it"),
    "expression_too_long": _error(
        "LR202", "an expression with more characters than anyone can review"
    ),
    "expression_too_deep": _error("LR203", "brackets or operators nested too deeply"),
    "strange_character": _error("LR204", "a character that looks like another or cannot be seen"),
    "bad_number": _error("LR205", "a number in a spelling that the language does not have"),
    "bad_syntax": _error("LR206", "an expression in which something is missing or too much"),
    "wrong_operator": _error("LR207", "an operator of another language"),
    "text_not_closed": _error("LR208", "a quoted text that does not end"),
    "not_allowed": _error("LR209", "something that Python has and rules do not"),
    "wrong_kind": _error("LR210", "values of kinds that do not go together"),
    "not_a_choice": _error("LR211", "a text that is not one of the values it is compared with"),
    "wrong_arguments": _error("LR212", "a function with the wrong arguments"),
    "not_finite": _error("LR213", "a rate that is not made of constants and tables"),
    "not_linear": _error(
        "LR214", "a quantity that is not a sum of constants times sums over lines"
    ),
    "expression_too_costly": _error(
        "LR215", "an expression that takes too many steps for one event"
    ),
    "name_not_here": _error("LR216", "a name that exists but cannot stand in this place"),
    "not_a_truth": _error("LR217", "a condition that is a value, not true or false"),
    "bad_window": _error("LR218", "a window of history that is not one"),
    "bad_day": _error("LR219", "a day that is not in the calendar"),
    "bad_text": _error("LR220", "a quoted text with something in it that it cannot hold"),
    "always_unknown": _error("LR221", "a division that can never have a value"),
    # LR3xx: meaning
    "not_built_yet": _error(
        "LR301", "a word of the language that this version does not decide yet"
    ),
    "own_currency_accepted": _error("LR303", "the rule set's own currency among foreign ones"),
    "shipped_event_about": _error(
        "LR304", "a shipped event that is said to be about something else"
    ),
    "event_without_rules": _error("LR305", "a kind of event that no rule may fire on"),
    "no_lines": _error("LR306", "a choice of lines where an event has none"),
    "per_and_per_full": _error("LR307", "`per` and `per_full` side by side"),
    "of_without_per": _error("LR308", "`of` without `per` or `per_full`"),
    "through_and_before": _error("LR309", "`through` and `before` side by side"),
    "empty_period": _error("LR310", "a period that ends before it begins"),
    "window_not_here": _error("LR312", "a window that cannot be meant at its place"),
    "limit_figures": _error("LR313", "a limit without a figure, or with several"),
    "limit_not_per_line": _error("LR314", "a limit of points or times for each line"),
    "limit_over_programs": _error("LR315", "a limit of points over several programs"),
    "group_without_worth": _error("LR316", "`best` or `worst` over programs without a value"),
    "multiplier_below_one": _error("LR317", "a multiplier that would take points away"),
    "negative_award": _error("LR318", "an award below zero"),
    "lowest_level_has_at": _error("LR319", "a condition on the lowest level"),
    "level_without_at": _error("LR320", "a level that does not say when it is reached"),
    "split_not_linear": _error("LR321", "`split` on a figure that does not grow along the lines"),
    "table_depth": _error(
        "LR322", "rows of a table that are nested deeper or flatter than its keys"
    ),
    "table_leaves_differ": _error("LR323", "leaves of a table of different kinds"),
    "at_least_without_order": _error("LR324", "`at_least` over texts, which have no order"),
    "distinct_without_of": _error("LR325", "a count of different values that does not say of what"),
    "mixed_spent": _error(
        "LR326", "a give of a spend program or a challenge that counts something of its own"
    ),
    "multiplier_per_step": _error(
        "LR327", "a multiplier as the give of a spend program or a challenge"
    ),
    "of_not_here": _error(
        "LR328", "`of` of a counter that adds, or `adds` of one that looks at values"
    ),
    "refund_without_value": _error(
        "LR329", "a refund that is to pay for points that have no value"
    ),
    "no_point_value": _warning("LR330", "a spendable point without a value in money"),
    "fixed_points_multiplied": _warning("LR331", "a fixed number of points that is multiplied"),
    "nothing_to_multiply": _warning("LR332", "a multiplier without points to act on"),
    "condition_beside_basis": _warning("LR333", "a condition on money that the basis leaves out"),
    "level_unreachable": _warning("LR334", "a level that asks for no more than the one below it"),
    "empty_group": _warning("LR335", "a group in which no rule stands"),
    "level_kept_after_return": _warning(
        "LR338", "a level that earns more and stays when its orders come back"
    ),
    "level_gift_after_return": _warning(
        "LR339",
        "what a change of level gives, and what stays when the level was bought and given back",
    ),
    "point_in_thousands": _warning("LR343", "a number that may be meant in thousands"),
    "ends_while_waiting": _error("LR342", "points that end before anybody may spend them"),
    "unclear_clock": _error(
        "LR341", "a rule of the clock that does not say when, or says it twice"
    ),
    "unclear_expiry": _error(
        "LR340", "an expiry that says nothing, or things that do not go together"
    ),
    "two_openings": _error("LR360", "a challenge that says twice when it begins"),
    "without_opens": _error("LR361", "a word about openings where no event opens anything"),
    "target_not_above_zero": _error("LR362", "a target that is reached before anything counts"),
    "counts_no_sum": _error("LR363", "a challenge that counts a figure which does not add up"),
    "limit_of_challenge": _error(
        "LR364", "a limit of amounts or pieces on what is not given for one order"
    ),
    "challenge_not_granted": _error("LR365", "an offer of a challenge that no grant opens"),
    "level_of_average": _error("LR366", "a level that hangs on an average"),
    "never_lapses": _warning("LR367", "instances of a challenge that are opened and never end"),
    "fixed_after_target": _error(
        "LR368", "a pledge of a challenge that is to be fixed: no order and no redemption gives it"
    ),
    "level_in_hours": _error("LR370", "a level that is to last for hours or minutes"),
    "period_in_hours": _error("LR390", "a time of whole days that is said in hours or minutes"),
    "level_moves_itself": _error(
        "LR371", "a rule on a change of level that moves the same level again"
    ),
    # LR38x: versions of one rule set
    "versions_overlap": _error("LR381", "two versions of a rule set in force at one time"),
    "versions_gap": _warning("LR382", "a time between versions at which none is in force"),
    "same_version": _error("LR383", "two versions of a rule set that are called the same"),
    "other_rule_set": _error("LR384", "another rule set among the versions of one"),
    "program_gone": _warning("LR385", "a program that a later version does not have"),
    "changed_meaning": _error("LR386", "a name that means another thing in a later version"),
    "level_of_friend": _error("LR396", "a level of a reward that is the friend's"),
    "level_not_reached": _error("LR397", "a level of a referral on which nobody stands"),
    "holdout_of_all": _error("LR395", "a holdout of nobody, or of everybody"),
    "prefix_of_two": _error("LR398", "two coupons whose codes begin alike"),
    # LR39x: partners
    "unknown_partner": _error("LR391", "a partner that nothing declares"),
    "funding_not_whole": _error("LR392", "shares of those who pay that do not sum to 100 %"),
    "partner_without_rate": _error("LR393", "a partner who is to pay and has no rate"),
    "source_of_two": _error("LR394", "a source that is to belong to two partners"),
    "benefit_worth": _error(
        "LR350", "a benefit that does not say how much it is, or says it twice"
    ),
    "discount_without_order": _error("LR351", "a discount where there is no order"),
    "finer_than_points": _error("LR352", "points that are finer than their program holds"),
    "reward_out_of_reach": _error("LR353", "a reward of which no number of units can be taken"),
    "share_without_discount": _error(
        "LR354", "a bound on what is taken off, of a reward that takes off nothing"
    ),
    "limit_of_reward": _error(
        "LR355", "a limit on a reward of something else than units or points"
    ),
    "not_spendable": _error("LR356", "a reward that costs points which are not spent"),
    "automatic_needs_cart": _error("LR358", "a reward that the clock takes and that needs a cart"),
    "automatic_rests": _error(
        "LR359", "what is left of the points of one program is carried and dropped"
    ),
    "grace_of_new_points": _error("LR357", "a grace for points that get a new end anyway"),
    # LR4xx: plugins
    "plugin_not_allowed": _error("LR401", "a type of a plugin that is not allowed"),
    "not_installed": _error("LR402", "a calendar whose package is not installed"),
    # LR5xx: events
    "unknown_column": _error("LR501", "a column that the first row of a CSV file does not name"),
    "ambiguous_column": _error("LR502", "a column name that a CSV file has twice"),
    "given_twice": _error("LR503", "one thing of an import said in two ways"),
    "same_prefix": _error("LR504", "orders and returns of an import that could share their ids"),
    # LR7xx: scenarios
    "not_as_expected": _error("LR701", "an expectation of a scenario that was not met"),
    "bad_event": _error("LR702", "an event of a scenario that cannot be read"),
    "step_time": _error("LR703", "a step of a scenario that does not say when it is"),
    "steps_out_of_order": _error("LR704", "a step of a scenario that lies before the one above it"),
    "no_rules": _error("LR705", "a scenario whose rule set is not found"),
    "change_without_place": _error("LR706", "a change to a rule set that has no place in it"),
}
