"""Files of events: reading, importing a shop's export, running a history in memory."""
