"""The performance figures: `make bench` runs them all, `make bench ARGS=rerun` one."""
