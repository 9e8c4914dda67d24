"""What people enter while they collect, and what follows from it."""
