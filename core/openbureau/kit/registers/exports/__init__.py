"""Export of a register: what a person sees of what they asked for, as a table that can be
changed and imported again."""
