"""The method note of a report: how responses were gathered and read, in figures safe to publish."""

from typing import Any

from services.feedback.projects.rules import CollectionStatus, ProjectStatus

# Minimum cell: smaller counts are not published, as they could single out a person.
MINIMUM_CELL = 5
_RECRUITED = (
    ProjectStatus.RECRUITED,
    ProjectStatus.COLLECTED,
    ProjectStatus.REPORTING,
    ProjectStatus.CLOSED,
)
_ENDED = tuple(CollectionStatus)
# Stands for a number that the event leaves out, as it is below the minimum cell.
_FEW = MINIMUM_CELL - 1
# Zero of these is below the minimum cell too; zero of the other counts is not worth a mention.
_NEVER_NONE = ("asked", "joined", "credentials_issued", "contributions")


def public_count(count: int | None) -> int | None:
    """The count, or None where it is unknown or below the minimum cell."""
    return count if count is not None and count >= MINIMUM_CELL else None


def method_of(project: dict[str, Any], collection: dict[str, Any]) -> dict[str, Any]:
    """The method note, from the bodies of the newest project and collection events.

    Counts are None where unknown or below the minimum cell; `too_small` names the latter.
    """
    # campaigns rounds such counts down to a multiple of five, and leaves out those below five.
    recruited = project.get("state") in _RECRUITED
    issued_known = project.get("floor_reached") is not None
    ended = collection.get("state") in _ENDED
    counts = {
        "asked": project.get("asked", 0 if recruited else None),
        "joined": project.get("joined", 0 if recruited else None),
        "credentials_issued": project.get("credentials_issued", 0 if issued_known else None),
        # responses leaves out those below five.
        "contributions": collection.get("contributions", 0 if ended else None),
    }
    contributions = counts["contributions"]
    enough = public_count(contributions) is not None
    below_floor = project.get("floor_reached") is False and not enough
    counts["unopened"] = collection.get("unopened", _FEW if ended and below_floor else None)
    unread = collection.get("unread", _FEW if ended and enough else None)
    contributions_read = None
    if contributions is not None and unread is not None and enough:
        counts["unread"] = unread
        # A small number must not be computable by subtraction either.
        contributions_read = (
            contributions - unread if unread == 0 or unread >= MINIMUM_CELL else None
        )
    return {
        **{name: public_count(count) for name, count in counts.items() if name != "unread"},
        "read": public_count(contributions_read),
        "all_read": enough and unread == 0,
        "too_small": sorted(
            name
            for name, count in counts.items()
            if count is not None and count < MINIMUM_CELL and (count or name in _NEVER_NONE)
        ),
        "draws": len(project.get("draw_commitments", [])),
        "anonymity_floor": project.get("anonymity_floor"),
        "recruitment_ends_on": project.get("recruitment_ends_on"),
        "collection_ends_on": project.get("collection_ends_on"),
        "ended_early_reason": project.get("ended_early_reason"),
        "attention": collection.get("attention") if enough else None,
    }
