"""Every error of ours, and what it means to whoever runs the dashboard.

CoinTrackerError
├── ConfigError              a setting has a value that cannot be used; names the setting
├── InvalidSettings          settings that cannot be saved; names each and what is wrong with it
├── AccessError              somebody may not do what was asked
│   ├── LoginNeeded          it takes somebody who is logged in, and nobody is
│   ├── NotAllowed           logged in, but without the right to this
│   ├── BadCredentials       name or password do not hold; never says which
│   └── TooManyAttempts      passwords were tried too often; says how long to wait
├── InvalidAccount           a user or token cannot be stored like this; names the field
├── UserNotFound             no such user
├── TokenNotFound            no such token, or it is somebody else's
├── InvalidWeights           weights that cannot rank anything; names the factor
├── InvalidPresetName        a preset cannot be saved under this name; says why
├── InvalidSpan              a stretch of time that cannot be shown; says why
├── SourceError              a source did not give usable data; names the source
│   ├── SourceUnreachable    no connection, or no answer in time
│   ├── RateLimited          told to wait; says how long when the source said so
│   ├── AccessRefused        the key is missing, wrong, or not for this host or plan
│   ├── NotFound             the source does not know what was asked for
│   ├── SourceUnavailable    the source answered that it cannot serve now (5xx)
│   ├── MalformedAnswer      an answer that is not what the source documents
│   ├── BudgetSpent          not asked: the calls that may be made by now are made; says until when
│   └── CircuitOpen          not asked: it failed again and again; says until when
├── StorageError             the database could not be read or written
│   ├── DatabaseBusy         another process holds the database file
│   ├── DatabaseDamaged      the file does not open; it is left as it is
│   ├── DiskFull             nothing more can be stored, what is stored can be read
│   └── DatabaseClosed       asked after the server began to shut down
├── SnapshotNotFound         no snapshot at or before the asked instant
├── CoinNotFound             no such coin in the snapshot
├── BackupError              a backup that cannot be made or restored; nothing was changed
└── RecordingError           a path given to `replay` holds no usable capture
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


class CoinTrackerError(Exception):
    """The root: `except CoinTrackerError` catches what we raise and nothing else."""


class ConfigError(CoinTrackerError):
    """A setting has a value that cannot be used.

    template and values: what is wrong, for those who say it in other words than `problem`.
    """

    def __init__(self, setting: str, template: str, **values: object) -> None:
        self.setting = setting
        self.template = template
        self.values = values
        self.problem = template.format(**values)
        super().__init__(f"{setting}: {self.problem}")


class InvalidSettings(CoinTrackerError):
    """Settings that cannot be saved; `problems` by the setting's name. Nothing was stored."""

    def __init__(self, problems: Mapping[str, ConfigError]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems.values()))
        self.problems = problems


class AccessError(CoinTrackerError):
    """Somebody may not do what was asked."""


class LoginNeeded(AccessError):
    """It takes somebody who is logged in, and nobody is: 401 in the API."""

    def __init__(self) -> None:
        super().__init__("a login is needed")


class NotAllowed(AccessError):
    """Who asks is known, and has no right to this: 403 in the API."""

    def __init__(self) -> None:
        super().__init__("you don't have permission")


class BadCredentials(AccessError):
    """Name or password do not hold; which of them is never told."""

    def __init__(self) -> None:
        super().__init__("the name or the password is wrong")


class TooManyAttempts(AccessError):
    """Passwords were tried too often; `retry_after_seconds` says how long to wait."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"too many attempts; wait {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class InvalidAccount(CoinTrackerError):
    """A user or token cannot be stored like this; nothing was changed.

    field: name, password, role, scope or days. template and values: what is wrong, for those who
    say it in other words than `problem`.
    """

    def __init__(self, field: str, template: str, **values: object) -> None:
        self.field = field
        self.template = template
        self.values = values
        self.problem = template.format(**values)
        super().__init__(f"{field}: {self.problem}")


class UserNotFound(CoinTrackerError):
    """There is no user of that name."""


class TokenNotFound(CoinTrackerError):
    """There is no such token, or it is somebody else's."""


class InvalidWeights(CoinTrackerError):
    """Weights that cannot rank: wrong count, negative, not finite, or all zero."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class InvalidPresetName(CoinTrackerError):
    """A preset cannot be saved under this name."""


class InvalidTimeRange(CoinTrackerError):
    """A stretch of time that cannot be shown."""


class SourceError(CoinTrackerError):
    """A source did not give usable data."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


class SourceUnreachable(SourceError):
    """No connection, or no complete answer in time."""


class RateLimited(SourceError):
    """The source asks us to wait; `retry_after_seconds` is None when it did not say how long."""

    def __init__(self, source: str, problem: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(source, problem)
        self.retry_after_seconds = retry_after_seconds


class AccessRefused(SourceError):
    """The key is missing, wrong, or not meant for this host or plan."""


class NotFound(SourceError):
    """The source does not know what was asked for."""


class SourceUnavailable(SourceError):
    """The source says that it cannot serve now."""


class MalformedAnswer(SourceError):
    """The answer is not what the source documents: HTML, cut off, another shape, no valid row.

    is_broken: it is no JSON at all, so that the next one may be whole.
    """

    def __init__(self, source: str, problem: str, *, is_broken: bool = False) -> None:
        super().__init__(source, problem)
        self.is_broken = is_broken


class BudgetSpent(SourceError):
    """The source was not asked, for its call budget has nothing left until `until`.

    budget: the one that is spent, `minute` or `month`.
    """

    def __init__(self, source: str, problem: str, budget: str, until: datetime) -> None:
        super().__init__(source, problem)
        self.budget = budget
        self.until = until


class CircuitOpen(SourceError):
    """The source was not asked, for it failed too often in a row; it is tried at `until` again."""

    def __init__(self, source: str, problem: str, until: datetime) -> None:
        super().__init__(source, problem)
        self.until = until


class StorageError(CoinTrackerError):
    """The database could not be read or written."""


class DatabaseBusy(StorageError):
    """Another process holds the database file."""


class DatabaseDamaged(StorageError):
    """The database file does not open; it is left as it is."""


class DiskFull(StorageError):
    """Nothing more can be stored; `free_bytes` is what the disk has left for us."""

    def __init__(self, problem: str, free_bytes: int) -> None:
        super().__init__(problem)
        self.free_bytes = free_bytes


class DatabaseClosed(StorageError):
    """The database was asked after the server began to shut down."""


class SnapshotNotFound(CoinTrackerError):
    """There is no snapshot at or before the asked instant."""


class CoinNotFound(CoinTrackerError):
    """The snapshot does not hold the asked coin."""


class BackupError(CoinTrackerError):
    """A backup that cannot be made or restored; nothing was changed."""


class RecordingError(CoinTrackerError):
    """A path given to `replay` holds no usable capture."""
