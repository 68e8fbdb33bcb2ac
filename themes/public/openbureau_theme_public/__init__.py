"""The public theme: red and blue on white. Only data; see theme.toml."""
