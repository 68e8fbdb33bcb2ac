"""Measurements: what a page costs here and, in the same run, elsewhere.

Every figure is a ratio within one run on one machine; absolute ones are for orientation.
"""
