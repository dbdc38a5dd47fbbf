"""Refreshes and liveness as JSON, over the WebSocket, and as metrics."""
