"""The servers behind the console, each read through one bounded client."""
