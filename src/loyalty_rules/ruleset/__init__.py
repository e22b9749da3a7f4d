"""YAML to a checked rule model: the only door for rule sets."""
