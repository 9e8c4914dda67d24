"""The only way to read a build: figures for pages, what they are made of, and files."""
