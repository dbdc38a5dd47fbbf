"""A generated market, a pure function of the instant."""
