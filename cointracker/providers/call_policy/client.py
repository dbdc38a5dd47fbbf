"""A client whose calls are made under a discipline, and the patience they are made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cointracker.providers.base import Priority
from cointracker.providers.call_policy.policy import CallPolicy, Patience
from cointracker.providers.http import JsonClient, as_it_is


@dataclass(frozen=True)
class PolicyClient(JsonClient):
    """A client whose calls are made under a discipline."""

    policy: CallPolicy = field(kw_only=True, repr=False)
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

        return self.policy.call(answer, path, priority, self.patience)


def under_policy(
    client: JsonClient, policy: CallPolicy, patience: Patience | None = None
) -> PolicyClient:
    """The same client under a discipline."""
    same = {each.name: getattr(client, each.name) for each in fields(JsonClient)}
    return PolicyClient(**same, policy=policy, patience=patience or Patience())
