"""Checked model to plan: everything that can be decided without an event."""
