"""What the sources of standing said last, kept: how asking each went, and its answer."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

import pandas as pd

from cointracker.core.errors import SourceError
from cointracker.features.standing import store
from cointracker.features.standing.store import Check
from cointracker.providers.base import Indicator, IndicatorSource, StandingAnswer
from cointracker.storage.database import Session

MAX_REJECTIONS = 100


def last_check(session: Session, source: IndicatorSource) -> Check | None:
    """How asking this address went the last time; another address under its name counts not."""
    done = store.check(session, source.name)
    return done if done and done.fingerprint == source.fingerprint else None


def indicators(session: Session, source: IndicatorSource) -> list[Indicator]:
    """The rows of a source's stored answer, if it is this address's."""
    done = last_check(session, source)
    if done is None or done.answered_at is None:
        return []
    rows = store.answer(session, source.name).astype(object)
    rows = rows.where(rows.notna(), None)
    return [
        Indicator(row["symbol"], row["standing"], row["score"], row["coin_id"])
        for row in rows.to_dict("records")
    ]


def save_answer(
    session: Session, source: IndicatorSource, asked_at: datetime, answer: StandingAnswer
) -> None:
    """Store an answer in place of the one before."""
    done = Check(
        source.name,
        source.fingerprint,
        asked_at,
        answered_at=answer.fetched_at,
        accepted=len(answer.indicators),
        rejected=len(answer.rejections),
    )
    store.save(session, source.name, _rows(answer), _rejections(answer))
    store.save_check(session, done)


def save_failure(
    session: Session, source: IndicatorSource, asked_at: datetime, error: SourceError
) -> None:
    """Store that asking failed; the answer before stays."""
    done = last_check(session, source) or Check(source.name, source.fingerprint, asked_at)
    failed = replace(done, asked_at=asked_at, error=type(error).__name__, reason=error.problem)
    store.save_check(session, failed)


def _rows(answer: StandingAnswer) -> pd.DataFrame:
    rows = pd.DataFrame([asdict(row) for row in answer.indicators])
    rows["score"] = pd.to_numeric(rows["score"]).astype("float64")
    rows["coin_id"] = rows["coin_id"].astype("string")
    return rows.assign(position=range(len(rows)))


def _rejections(answer: StandingAnswer) -> pd.DataFrame:
    rows = [asdict(rejection) for rejection in answer.rejections[:MAX_REJECTIONS]]
    frame = pd.DataFrame(rows, columns=list(store.REJECTION_COLUMNS))
    text = [name for name in frame if name != "position"]
    return frame.astype(dict.fromkeys(text, "string") | {"position": "int32"})
