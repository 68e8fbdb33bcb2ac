"""Handing over what a leaver holds (离任交接)."""
