"""Unfinished forms (草稿), kept for whoever was filling them in."""
