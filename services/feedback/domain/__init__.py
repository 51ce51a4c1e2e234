"""The pure rules of feedback: no clock, no chance and no database in here."""
