"""Registers (台账): declared once; lists, details, forms, imports and exports follow."""
