"""The pure rules of responses: no clock, no chance and no database in here."""
