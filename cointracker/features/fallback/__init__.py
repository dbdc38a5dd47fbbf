"""Another source in place of the main one while that gives nothing."""
