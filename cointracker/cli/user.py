"""`python -m cointracker user`: the users, while no server holds them."""

from __future__ import annotations

import os
import sys

import click

from cointracker import bootstrap
from cointracker.config import Settings
from cointracker.services.access import COMMAND, Role
from cointracker.services.passwords import random_password

RANDOM = click.option(
    "--random", "is_random", is_flag=True, help="Make a password up and print it, once."
)
ROLE = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """Add, change and remove users.

    A password is asked for, or read as one line from what is piped in; it is never an argument,
    for those can be seen by others on the machine. Stop the server first; while it runs an admin
    does the same on its page /users.
    """


@user.command("list")
def listed() -> None:
    """Show all users."""
    with bootstrap.accounts(_settings()) as accounts:
        users = accounts.users()
    for one in users:
        seen = f"{one.last_login_at:%Y-%m-%d %H:%M} UTC" if one.last_login_at else "never"
        elsewhere = "" if one.has_password else ", no password"
        click.echo(f"{one.name}: {one.role}, last login {seen}{elsewhere}")
    if not users:
        click.echo("No users yet; the first start of the server makes one.")


@user.command()
@click.argument("name")
@click.option("--role", type=ROLE, default=Role.VIEWER.value, show_default=True)
@click.option("--no-password", is_flag=True, help="For who logs in by single sign-on only.")
@RANDOM
def add(name: str, role: str, no_password: bool, is_random: bool) -> None:
    """Add the user NAME; for single sign-on that is the e-mail address."""
    with bootstrap.accounts(_settings()) as accounts:
        password = None if no_password else _password(is_random)
        accounts.add(name, password, Role(role), by=COMMAND)
    click.echo(f"Added {name} as {role}.")
    _tell(password, is_random)


@user.command()
@click.argument("name")
@RANDOM
def password(name: str, is_random: bool) -> None:
    """Give NAME another password, and log them out everywhere."""
    with bootstrap.accounts(_settings()) as accounts:
        new = _password(is_random)
        accounts.set_password(name, new, by=COMMAND)
    click.echo(f"{name} has another password.")
    _tell(new, is_random)


@user.command()
@click.argument("name")
@click.argument("role", type=ROLE)
def role(name: str, role: str) -> None:
    """Give NAME another ROLE, and log them out everywhere."""
    with bootstrap.accounts(_settings()) as accounts:
        accounts.set_role(name, Role(role), by=COMMAND)
    click.echo(f"{name} is {role} now.")


@user.command()
@click.argument("name")
@click.confirmation_option(prompt="Remove this user with all tokens?")
def remove(name: str) -> None:
    """Remove NAME with all sessions and tokens."""
    with bootstrap.accounts(_settings()) as accounts:
        accounts.remove(name, by=COMMAND)
    click.echo(f"Removed {name}.")


def _settings() -> Settings:
    return Settings.from_env(os.environ)


def _password(is_random: bool) -> str:
    if is_random:
        return random_password()
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _tell(password: str | None, is_random: bool) -> None:
    if is_random and password is not None:
        click.echo(f"Password, not shown again: {password}")
