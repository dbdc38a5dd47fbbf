"""One coin: its history, its details, its stability, others beside it."""
