"""What calls to a provider are held to: budget, waits, retries, circuit, and the log of calls."""
