"""Program types, reward types and calendars that ship with us; each is a plugin like a stranger's."""
