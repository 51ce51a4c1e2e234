"""The services as the console sees them: recorded answers built with the contracts' own models."""
