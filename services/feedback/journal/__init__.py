"""The transparency journal: an append-only, signed log of public promises and acts."""
