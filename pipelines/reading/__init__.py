"""Bytes of an export to rows of text to typed values, and headers to canonical columns."""
