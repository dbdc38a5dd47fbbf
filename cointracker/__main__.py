"""Runs the command line."""

from cointracker.cli import main

main(prog_name="python -m cointracker")
