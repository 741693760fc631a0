"""`spanmatch demo`: two networks trained on digits, compared before your eyes."""
