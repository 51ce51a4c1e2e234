"""The pure rules of campaigns: no clock, no chance and no database in here."""
