"""Importable parts of the pages: language, access, filters, formats, charts and tables."""
