"""The command line: thin commands over the same surface that programs use."""
