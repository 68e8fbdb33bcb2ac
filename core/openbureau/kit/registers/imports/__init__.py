"""Import of a register: a table is checked, given back with its faults, applied, undone."""
