"""The parts of a coin's page, from its head to its comparison with others."""
