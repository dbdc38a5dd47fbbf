"""Which old rows may go: all that are nearest to no whole hour, or later to no midnight (UTC).

A row stays when `observations.nearest` would choose it for a whole hour, within 2 h or 30 min;
when it is older still, for a midnight, within 2 h. In a period, a calendar hour or day, where
none of these tells a figure, the first row that tells it stays. No choice rests on a row that
goes, so thinning again changes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from cointracker.analysis.series import OBSERVED
from cointracker.features.market.store.observations import MICROSECOND

FIGURES = ("price", "volume_24h", "market_cap")
COLUMNS = ("key", "instant", "kind", *FIGURES, "hours_until", "days_until")
NEAR, NEARER = timedelta(hours=2) // MICROSECOND, timedelta(minutes=30) // MICROSECOND
HOUR, DAY = timedelta(hours=1) // MICROSECOND, timedelta(days=1) // MICROSECOND

# A row is nearest to the instants from the middle between the row before and it, which the older
# one has, to the middle between it and the row after; a filled one only where none is observed.
_NEIGHBOURS = """
lag(CASE WHEN {figure} IS NOT NULL AND is_filled THEN us END IGNORE NULLS)
    OVER by_time AS {figure}_filled_before,
lead(CASE WHEN {figure} IS NOT NULL AND is_filled THEN us END IGNORE NULLS)
    OVER by_time AS {figure}_filled_after,
lag(CASE WHEN {figure} IS NOT NULL AND NOT is_filled THEN us END IGNORE NULLS)
    OVER by_time AS {figure}_before,
lead(CASE WHEN {figure} IS NOT NULL AND NOT is_filled THEN us END IGNORE NULLS)
    OVER by_time AS {figure}_after
"""
_SPAN = """
greatest(us - {near}, CASE WHEN is_filled
    THEN greatest(({figure}_filled_before + us) // 2 + 1, {figure}_before + {near} + 1)
    ELSE ({figure}_before + us) // 2 + 1 END) AS {figure}_from_{near},
least(us + {near}, CASE WHEN is_filled
    THEN least((us + {figure}_filled_after) // 2, {figure}_after - {near} - 1)
    ELSE (us + {figure}_after) // 2 END) AS {figure}_to_{near}
"""
_IS_NEAREST = f"""
{{figure}} IS NOT NULL AND (
    {{figure}}_to_{NEAR} // {DAY} * {DAY} >= {{figure}}_from_{NEAR}
    OR {{figure}}_to_{NEAR} // {HOUR} * {HOUR} >= greatest({{figure}}_from_{NEAR}, days_us)
    OR {{figure}}_to_{NEARER} // {HOUR} * {HOUR} >= greatest({{figure}}_from_{NEARER}, days_us))
"""
_FIRST = """
CASE WHEN NOT bool_or(stays AND {figure} IS NOT NULL)
     THEN arg_min(us, (is_filled, us)) FILTER ({figure} IS NOT NULL) END AS {figure}_first
"""


def _each(template: str, separator: str, **values: object) -> str:
    return separator.join(template.format(figure=figure, **values) for figure in FIGURES)


TOO_MANY = f"""
WITH timed AS (
    SELECT *, epoch_us(instant) AS us, kind <> '{OBSERVED}' AS is_filled,
           epoch_us(hours_until) AS hours_us, epoch_us(days_until) AS days_us
    FROM ({{rows}})
), placed AS (
    SELECT *, {_each(_NEIGHBOURS, ",")}
    FROM timed WHERE us < hours_us + {2 * NEAR}
    WINDOW by_time AS (PARTITION BY key ORDER BY us)
), spanned AS (
    SELECT *, {_each(_SPAN, ",", near=NEAR)}, {_each(_SPAN, ",", near=NEARER)}
    FROM placed WHERE us < hours_us
), judged AS (
    SELECT key, instant, us, is_filled, {", ".join(FIGURES)}, {_each(_IS_NEAREST, " OR ")} AS stays,
           CASE WHEN us < days_us THEN us // {DAY} ELSE us // {HOUR} END AS period,
           us < days_us AS of_day
    FROM spanned
), periods AS (
    SELECT key, period, of_day, {_each(_FIRST, ",")} FROM judged GROUP BY key, period, of_day
)
SELECT key, instant FROM judged JOIN periods USING (key, period, of_day)
WHERE NOT stays AND {_each("us IS DISTINCT FROM {figure}_first", " AND ")}
"""  # noqa: S608 - the names and numbers are the constants above
"""Key and instant of the rows that may go, from `rows`, a query for `COLUMNS`.

key and instant name a row; nothing from hours_until on goes, and from days_until to there a row
an hour stays; both must be midnights (UTC), the same for all rows of a key.
"""
