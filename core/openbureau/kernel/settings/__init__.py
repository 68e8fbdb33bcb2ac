"""Values administrators change while the system runs."""
