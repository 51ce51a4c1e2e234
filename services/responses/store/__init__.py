"""Every SQL call of responses; the statements are in ../sql."""

from services.runtime.postgres import database as db

sql = db.Queries("services.responses")
