"""CoinPaprika's REST API."""
