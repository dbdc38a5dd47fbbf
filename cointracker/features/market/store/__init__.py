"""Tables of coins, observations, standings, snapshots, rankings and weights."""
