"""Copies of the projects, collections and proposals of the other services, and their progress."""
