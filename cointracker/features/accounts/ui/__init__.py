"""Login, account menu, own account, users."""
