"""Everything about receivables data: reading exports, building tables, publishing and querying builds."""
