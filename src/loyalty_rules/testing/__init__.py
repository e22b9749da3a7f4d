"""What tests of rule sets and plugins need: kits, scenario runner."""
