"""Search: one index of character bigrams over every kind of record."""
