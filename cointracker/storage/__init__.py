"""The DuckDB file: the only place with SQL. One module a subject; frames in, typed frames out."""
