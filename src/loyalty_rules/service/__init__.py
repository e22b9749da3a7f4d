"""Whole acts over the core: decide an event for a member, explain a decision."""
