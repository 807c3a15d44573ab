"""The command line, thin: reads what is asked, calls a room, prints what it says."""

# ruff: isort: off
from twin.cli.app import app, main
from twin.cli import scenarios, studies, hosting, results  # in the order of the help

__all__ = ["app", "hosting", "main", "results", "scenarios", "studies"]
