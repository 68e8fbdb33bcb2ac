"""Which plugin is on for which unit, and the snapshot compiled from it."""
