"""The official calendar: working days, days of rest, and dates as people type them."""
