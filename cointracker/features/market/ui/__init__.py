"""The ranking on the page: controls, table, phone list, downloads, time travel."""
