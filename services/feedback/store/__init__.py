"""Every SQL call of feedback; the statements are in ../sql."""

from services.runtime.postgres import database as db

sql = db.Queries("services.feedback")
