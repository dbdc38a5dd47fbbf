"""How a command fails."""

from __future__ import annotations

import click


def failure(problem: str) -> click.ClickException:
    """An error of one line."""
    return click.ClickException(" ".join(problem.split()))
