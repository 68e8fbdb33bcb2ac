"""Work on many records of a register: ordered once, done one record after the other."""
