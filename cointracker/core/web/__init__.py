"""What requests carry and are held to: address, cookie, limits."""
