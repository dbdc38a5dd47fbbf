"""`python -m cointracker user`: the users, while no server holds them."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from cointracker.core.rights import COMMAND, Role

if TYPE_CHECKING:
    from cointracker.features.accounts.accounts import AccountsService

RANDOM = click.option(
    "--random", "is_random", is_flag=True, help="Generate a password and print it once."
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
    with _accounts() as accounts:
        users = accounts.users()
    for one in users:
        seen = f"{one.last_login_at:%Y-%m-%d %H:%M} UTC" if one.last_login_at else "never"
        elsewhere = "" if one.has_password else ", no password"
        click.echo(f"{one.name}: {one.role}, last login {seen}{elsewhere}")
    if not users:
        click.echo("No users yet; the first start of the server creates one.")


@user.command()
@click.argument("name")
@click.option("--role", type=ROLE, default=Role.VIEWER.value, show_default=True)
@click.option("--no-password", is_flag=True, help="For users who log in with single sign-on only.")
@RANDOM
def add(name: str, role: str, no_password: bool, is_random: bool) -> None:
    """Add the user NAME; for single sign-on that is the e-mail address."""
    with _accounts() as accounts:
        password = None if no_password else _password(is_random)
        accounts.add(name, password, Role(role), by=COMMAND)
    click.echo(f"Added {name} as {role}.")
    _tell(password, is_random)


@user.command()
@click.argument("name")
@RANDOM
def password(name: str, is_random: bool) -> None:
    """Give NAME another password, and log them out everywhere."""
    with _accounts() as accounts:
        new = _password(is_random)
        accounts.set_password(name, new, by=COMMAND)
    click.echo(f"{name} has another password.")
    _tell(new, is_random)


@user.command()
@click.argument("name")
@click.argument("role", type=ROLE)
def role(name: str, role: str) -> None:
    """Give NAME another ROLE, and log them out everywhere."""
    with _accounts() as accounts:
        accounts.set_role(name, Role(role), by=COMMAND)
    click.echo(f"{name} now has the role {role}.")


@user.command()
@click.argument("name")
@click.confirmation_option(prompt="Remove this user with all tokens?")
def remove(name: str) -> None:
    """Remove NAME with all sessions and tokens."""
    with _accounts() as accounts:
        accounts.remove(name, by=COMMAND)
    click.echo(f"Removed {name}.")


def _accounts() -> AbstractContextManager[AccountsService]:
    from cointracker.bootstrap import commands
    from cointracker.bootstrap.features import environment

    return commands.accounts(environment())


def _password(is_random: bool) -> str:
    if is_random:
        from cointracker.features.accounts.passwords import random_password

        return random_password()
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _tell(password: str | None, is_random: bool) -> None:
    if is_random and password is not None:
        click.echo(f"Password, not shown again: {password}")
