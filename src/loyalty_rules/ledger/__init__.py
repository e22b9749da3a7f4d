"""The book: tables, named statements, entries and their chain, and the drivers that run them."""
