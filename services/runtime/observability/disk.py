"""How much room there is on this machine's disk: a full one stops databases and brokers."""

import shutil


def free_share(place: str = "/") -> float:
    """In hundredths: finer, it would tell the time of each answer that is stored."""
    usage = shutil.disk_usage(place)
    return usage.free * 100 // usage.total / 100
