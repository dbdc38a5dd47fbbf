"""A client whose calls are made under a discipline, and the patience they are made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cointracker.sources.base import Priority
from cointracker.sources.discipline import Discipline, Patience
from cointracker.sources.http import JsonClient, as_it_is


@dataclass(frozen=True)
class DisciplinedClient(JsonClient):
    """A client whose calls are made under a discipline."""

    discipline: Discipline = field(kw_only=True, repr=False)
    patience: Patience = field(default_factory=Patience, kw_only=True)

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        priority: Priority = Priority.MARKETS,
        read: Callable[[Any], Any] = as_it_is,
    ) -> Any:
        """As JsonClient's, of the attempt that counts. Raises BudgetSpent, CircuitOpen too."""

        def answer() -> Any:
            return JsonClient.get(self, path, params, priority=priority, read=read)

        return self.discipline.call(answer, path, priority, self.patience)


def disciplined(
    client: JsonClient, discipline: Discipline, patience: Patience | None = None
) -> DisciplinedClient:
    """The same client under a discipline."""
    same = {each.name: getattr(client, each.name) for each in fields(JsonClient)}
    return DisciplinedClient(**same, discipline=discipline, patience=patience or Patience())
