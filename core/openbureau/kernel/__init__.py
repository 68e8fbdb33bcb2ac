"""Layer 2: accounts, units, access, enablement, menus, files, jobs, audit, search, todos."""
