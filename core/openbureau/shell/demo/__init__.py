"""The demo bureau: real unit names, invented people, the same on every machine."""
