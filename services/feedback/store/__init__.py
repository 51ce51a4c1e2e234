"""Every SQL call of feedback; the statements are in ../sql."""

from services.runtime import db

sql = db.Queries("services.feedback")
