"""Tables of users, sessions, tokens and our own secrets."""
