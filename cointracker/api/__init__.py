"""The JSON API, mounted under /api beside the pages."""
