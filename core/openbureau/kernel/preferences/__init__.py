"""What each person arranged for themselves: tabs, pinned menu lines, the desk, recent choices."""
