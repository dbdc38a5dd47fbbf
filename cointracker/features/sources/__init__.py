"""The calls to providers: logged, counted, and told as the health of each."""
