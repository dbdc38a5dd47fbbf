"""The audit log: filters, the table that phones get as a list, and the way to take it along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.i18n import MISSING, N_, isolated
from cointracker.services import services
from cointracker.services.access import Right
from cointracker.services.audit import ACTIONS
from cointracker.services.export import csv
from cointracker.ui import access
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t, when

MOST_SHOWN, MOST_IN_LIST, MOST_IN_FILE = 1_000, 100, 1_000_000
DAYS = (1, 7, 30, 0)
ROW_HEIGHT, TALL_ROWS = 32, 20
COLUMNS = {
    "at": (N_("Time"), 215), "name": (N_("Who"), 140), "means": (N_("By"), 90),
    "address": (N_("From"), 120), "action": (N_("What"), 200), "target": (N_("Of what"), 160),
    "detail": (N_("Details"), 320),
}  # fmt: skip
MEANS = {
    "session": N_("login"), "token": N_("token"), "system": N_("server"),
}  # fmt: skip


@fragment()
def show() -> None:
    """Draw the log, newest first."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-filters"):
        wanted = _filters()
        st.download_button(
            t("Download as CSV"), access.while_allowed(Right.MANAGE, partial(_file, wanted)),
            "cointracker-audit.csv", "text/csv", on_click="ignore",
            icon=":material/download:", key="audit-csv",
        )  # fmt: skip
    found = services().audit.entries(**wanted, most=MOST_SHOWN)
    if found.empty:
        st.info(t("Nothing passes the filters."), icon=":material/search_off:")
        return
    if len(found) == MOST_SHOWN:
        st.caption(
            t("The newest {count}; the file holds them all.", count=reader().whole(MOST_SHOWN))
        )
    with st.container(key="desk"):
        _table(found)
    with st.container(key="phone"):
        _list(found.head(MOST_IN_LIST))


def _filters() -> dict[str, Any]:
    """The filter as the reader set it, as arguments of `AuditService.entries`."""
    code = reader().code
    names = st.multiselect(
        t("Who"), services().audit.names(), key=f"audit-names-{code}", width=240,
        placeholder=t("everybody"),
    )  # fmt: skip
    actions = st.multiselect(
        t("What"), list(ACTIONS), format_func=_action, key=f"audit-actions-{code}", width=280,
        placeholder=t("everything"),
    )  # fmt: skip
    days = st.segmented_control(
        t("When"), DAYS, default=0, required=True, format_func=_span, key=f"audit-days-{code}"
    )
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    return {"names": names or None, "actions": actions or None, "since": since}


def _table(found: pd.DataFrame) -> None:
    language = reader()
    names = list(COLUMNS)
    figures: dict[Any, Any] = {"at": when}
    styler = _worded(found)[names].style.format(figures, na_rep=MISSING)
    st.dataframe(
        styler, hide_index=True, row_height=ROW_HEIGHT, placeholder=MISSING, alt=t("Audit log"),
        height="content" if len(found) <= TALL_ROWS else ROW_HEIGHT * (TALL_ROWS + 1),
        column_order=names[::-1] if language.is_rtl else names,
        column_config={
            name: st.column_config.Column(
                t(label), width=width, alignment="right" if language.is_rtl else None
            )
            for name, (label, width) in COLUMNS.items()
        },
        key=f"audit-{language.code}",
    )  # fmt: skip


def _list(found: pd.DataFrame) -> None:
    items = "".join(_item(row) for row in _worded(found).to_dict("records"))
    st.html(f'<ul class="ct-log">{items}</ul>')


def _item(row: Mapping[Any, Any]) -> str:
    by = reader().listed(isolated(row[what]) for what in ("name", "means", "address") if row[what])
    lines = (isolated(row["detail"]) if row["detail"] else "", by, when(row["at"]))
    small = "".join(f"<small>{escape(line)}</small>" for line in lines if line)
    return f"<li><b>{escape(row['action'])}</b> {escape(isolated(row['target']))}{small}</li>"


def _worded(found: pd.DataFrame) -> pd.DataFrame:
    """The entries with actions and means in the reader's words."""
    return found.assign(
        action=found["action"].map(_action),
        means=[t(MEANS[means]) if means in MEANS else MISSING for means in found["means"]],
    ).reset_index(drop=True)


def _file(wanted: Mapping[str, Any]) -> bytes:
    return csv(services().audit.entries(**wanted, most=MOST_IN_FILE))


def _action(code: str) -> str:
    return t(ACTIONS[code]) if code in ACTIONS else code


def _span(days: int) -> str:
    return reader().own_way(reader().age(days * 86_400)) if days else t("any time")
