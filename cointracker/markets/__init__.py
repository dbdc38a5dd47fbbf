"""The markets there are: each is a declaration of what it is and where its data comes from."""
