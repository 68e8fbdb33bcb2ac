"""The pages of registers: made from what a plugin declares, any of them replaceable."""
