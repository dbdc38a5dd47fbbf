"""A coin's charts: frames in, Plotly figures out; nothing here draws on the page."""
