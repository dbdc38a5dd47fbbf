"""Frames in, Plotly figures out; nothing here draws on the page."""
