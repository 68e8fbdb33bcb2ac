"""What the product is compared with; every module here serves the same list of bulletins."""
