"""CoinGecko's REST API, version 3."""
