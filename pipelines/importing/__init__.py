"""One export to a folder of its own: what was understood, what was set aside and why."""
