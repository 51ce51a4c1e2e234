"""The rules of reports: when one is published, what its figures show, how easily it reads."""
