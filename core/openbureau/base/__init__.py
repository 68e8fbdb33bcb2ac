"""Layer 1: settings, database, plugins, routing, pages, forms, errors, languages."""
