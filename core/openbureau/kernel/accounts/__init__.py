"""Accounts (账号), posts (职务), sessions and sign-in."""
