"""Every SQL call of responses; the statements are in ../sql."""

from services.runtime import db

sql = db.Queries("services.responses")
