"""An exact, explainable loyalty rules engine: rule sets in YAML, decisions about a member's events."""
