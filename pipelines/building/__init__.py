"""Imports and entries to a build: tables in order, checked, then published."""
