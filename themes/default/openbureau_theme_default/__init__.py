"""The default theme: the bureau's blue on calm grey. Only data; see theme.toml."""
