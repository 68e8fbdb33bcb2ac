"""Synchronisations on record: asked for, planned, confirmed, applied, undone."""
