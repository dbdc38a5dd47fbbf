"""What every page says of the data: its age, its source, what is wrong with it."""
