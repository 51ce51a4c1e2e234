"""Every SQL call of campaigns: one function per named query of `sql/`, by subject."""

from services.runtime.postgres.database import Queries

sql = Queries("services.campaigns")
