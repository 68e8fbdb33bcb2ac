"""The directory (LDAP): reading, planning, applying."""
