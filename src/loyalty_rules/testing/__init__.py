"""What tests of rule sets and plugins use: the plugin kit."""

from loyalty_rules.testing.plugin_kit import check_plugin

__all__ = ["check_plugin"]
