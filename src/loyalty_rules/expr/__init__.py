"""The expression language: text to checked tree to Python. Standard library only.

``check(text, scope, expect) -> Checked | tuple[Problem, ...]`` is the only way in;
``to_python(trees, tables, functions) -> tuple[Code, ...]`` makes them run.
"""
