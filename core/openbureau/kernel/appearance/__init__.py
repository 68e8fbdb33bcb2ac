"""How each unit's pages look: theme, name and logo."""
