"""Units (单位) and sections (处室) in one tree, and the installation itself."""
