"""Pure functions over series: returns, drawdown, stability, comparison, thinning for charts."""
