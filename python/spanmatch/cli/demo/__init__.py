"""`spanmatch demo`: trains two networks on digits and compares them."""
