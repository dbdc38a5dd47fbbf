"""Users, their sessions and tokens; login, account and users pages."""
