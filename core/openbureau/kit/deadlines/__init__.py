"""Deadlines (时限): counting terms against the working calendar."""
