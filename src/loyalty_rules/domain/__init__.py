"""What happens and what it changes: events, effects, member state, the door for events."""
