"""CoinTracker ranks crypto assets by the reader's own weights and shows its sources."""

__version__ = "0.1.0"
