"""The audit log: filters, the table that phones get as a list, and the way to take it along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.core.file_formats import csv
from cointracker.core.i18n import MISSING, N_, isolated
from cointracker.core.rights import Right
from cointracker.core.services import services
from cointracker.features.audit.service import AuditService
from cointracker.ui import access
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t, when

MAX_SHOWN, MAX_IN_LIST, MAX_IN_FILE = 1_000, 100, 1_000_000
DAYS = (1, 7, 30, 0)
ROW_HEIGHT, TALL_ROWS = 32, 20
COLUMNS = {
    "at": (N_("Time"), 215),
    "name": (N_("User"), 140),
    "means": (N_("Via"), 90),
    "address": (N_("Address"), 120),
    "action": (N_("Action"), 200),
    "target": (N_("Object"), 160),
    "detail": (N_("Details"), 320),
}
MEANS = {
    "session": N_("login"),
    "token": N_("token"),
    "system": N_("server"),
}


@fragment()
def show() -> None:
    """Draw the log, newest first."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-filters"):
        wanted = _filters()
        st.download_button(
            t("Download as CSV"),
            access.while_allowed(Right.MANAGE, partial(_file, wanted)),
            "cointracker-audit.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="audit-csv",
        )
    entries = services()[AuditService].entries(**wanted, limit=MAX_SHOWN)
    if entries.empty:
        st.info(t("Nothing matches the filters."), icon=":material/search_off:")
        return
    if len(entries) == MAX_SHOWN:
        st.caption(
            t(
                "The latest {count}; the download contains all of them.",
                count=reader().whole(MAX_SHOWN),
            )
        )
    with st.container(key="desk"):
        _table(entries)
    with st.container(key="phone"):
        _list(entries.head(MAX_IN_LIST))


def _filters() -> dict[str, Any]:
    """The filter as the reader set it, as arguments of `AuditService.entries`."""
    code = reader().code
    names = st.multiselect(
        t("User"),
        services()[AuditService].names(),
        key=f"audit-names-{code}",
        width=240,
        placeholder=t("All users"),
    )
    actions = st.multiselect(
        t("Action"),
        list(services().features.audit_actions),
        format_func=_action,
        key=f"audit-actions-{code}",
        width=280,
        placeholder=t("All actions"),
    )
    days = st.segmented_control(
        t("When"), DAYS, default=0, required=True, format_func=_span, key=f"audit-days-{code}"
    )
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    return {"names": names or None, "actions": actions or None, "since": since}


def _table(entries: pd.DataFrame) -> None:
    language = reader()
    names = list(COLUMNS)
    figures: dict[Any, Any] = {"at": when}
    styler = _worded(entries)[names].style.format(figures, na_rep=MISSING)
    st.dataframe(
        styler,
        hide_index=True,
        row_height=ROW_HEIGHT,
        placeholder=MISSING,
        alt=t("Audit log"),
        height="content" if len(entries) <= TALL_ROWS else ROW_HEIGHT * (TALL_ROWS + 1),
        column_order=names[::-1] if language.is_rtl else names,
        column_config={
            name: st.column_config.Column(
                t(label), width=width, alignment="right" if language.is_rtl else None
            )
            for name, (label, width) in COLUMNS.items()
        },
        key=f"audit-{language.code}",
    )


def _list(entries: pd.DataFrame) -> None:
    items = "".join(_item(row) for row in _worded(entries).to_dict("records"))
    st.html(f'<ul class="ct-log">{items}</ul>')


def _item(row: Mapping[Any, Any]) -> str:
    by = reader().listed(isolated(row[what]) for what in ("name", "means", "address") if row[what])
    lines = (isolated(row["detail"]) if row["detail"] else "", by, when(row["at"]))
    small = "".join(f"<small>{escape(line)}</small>" for line in lines if line)
    return f"<li><b>{escape(row['action'])}</b> {escape(isolated(row['target']))}{small}</li>"


def _worded(entries: pd.DataFrame) -> pd.DataFrame:
    """The entries with actions and means in the reader's words."""
    return entries.assign(
        action=entries["action"].map(_action),
        means=[t(MEANS[means]) if means in MEANS else MISSING for means in entries["means"]],
    ).reset_index(drop=True)


def _file(wanted: Mapping[str, Any]) -> bytes:
    return csv(services()[AuditService].entries(**wanted, limit=MAX_IN_FILE))


def _action(code: str) -> str:
    words = services().features.audit_actions
    return t(words[code]) if code in words else code


def _span(days: int) -> str:
    return reader().own_way(reader().age(days * 86_400)) if days else t("any time")
