"""Backups: each database as PostgreSQL's own tools write it, encrypted to a public key.

A backup is a folder: `manifest.json` and, for each database, a plain dump, compressed and encrypted
with age (https://age-encryption.org/v1); the machine that makes backups cannot read them. A
database is restored whole or not at all, alone or with the others, and records that it was; its
service then catches up before it does anything else (services/runtime/messaging/recovery.py).
"""

from deploy.backup.encryption import WrongKey, new_identity, recipient_of
from deploy.backup.manifest import LONGEST_KEPT, Manifest, NoBackup, Saved, read_manifest
from deploy.backup.restoring import NotToldYet, restore
from deploy.backup.saving import KeptTooLong, forget, save
from deploy.backup.settings import BackupSettings

__all__ = [
    "LONGEST_KEPT",
    "BackupSettings",
    "KeptTooLong",
    "Manifest",
    "NoBackup",
    "NotToldYet",
    "Saved",
    "WrongKey",
    "forget",
    "new_identity",
    "read_manifest",
    "recipient_of",
    "restore",
    "save",
]
