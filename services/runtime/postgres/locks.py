"""Every advisory lock number of the product, each once.

PostgreSQL knows advisory locks by number within one database, and two purposes that share a number
wait for each other for no reason. SQL takes the number as a parameter; the locks of single members
are numbered by a hash of the member's id instead.
"""

from enum import IntEnum, unique


@unique
class AdvisoryLock(IntEnum):
    MIGRATION = 7_203_441
    """One process migrates a database at a time."""

    RELAY_LEADER = 7_203_442
    """One relay sends a service's events; the others wait to succeed it."""

    RECOVERY = 7_203_443
    """One replica catches up after a restore."""

    ALLOCATION = 7_203_444
    """campaigns: one allocation or sweep at a time."""

    MEMBER_IMPORT = 7_203_450
    """registry: one import of members at a time, so that none overlooks what another adds."""
