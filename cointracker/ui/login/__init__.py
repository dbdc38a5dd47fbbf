"""Logging in and out: a name and a password, or single sign-on."""
