"""Builds everything and hands it in: the only place that constructs adapters."""
