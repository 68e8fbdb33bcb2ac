"""Submissions: a form sent twice acts once."""
