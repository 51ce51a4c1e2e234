"""The proxy's own refusals, in both languages: deploy/proxy/refusals, a page and a problem of each.

Written by `python -m deploy.generate.describe`. Services write their own refusals; a visitor sees
these when the proxy asks no service, or none replies.
"""

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

from services.runtime.text import Text

FOLDER = Path(__file__).parents[1] / "proxy" / "refusals"


@dataclass(frozen=True)
class ProxyRefusal:
    """A refusal of the proxy; `name` is the title of its problem document."""

    status: int
    name: str
    sentence: Text


_AWAY = Text(
    fr="Le service ne répond pas en ce moment. Rien n’est perdu : réessayez dans une minute.",
    en="The service does not answer at the moment. Nothing is lost: try again in a minute.",
)
REFUSALS = (
    ProxyRefusal(
        400,
        "Malformed",
        Text(fr="La demande n’a pas la forme attendue.", en="The request has not the right form."),
    ),
    ProxyRefusal(
        404, "NotFound", Text(fr="Cette adresse n’existe pas.", en="This address does not exist.")
    ),
    ProxyRefusal(
        408,
        "BodyTooSlow",
        Text(
            fr="La demande n’est pas arrivée à temps. Réessayez.",
            en="The request did not arrive in time. Try again.",
        ),
    ),
    ProxyRefusal(
        413,
        "TooLarge",
        Text(
            fr="Ce qui a été envoyé est trop grand : 25 Mo au plus.",
            en="Too much was sent at once: 25 MB at most.",
        ),
    ),
    ProxyRefusal(
        414, "TooLong", Text(fr="Cette adresse est trop longue.", en="This address is too long.")
    ),
    ProxyRefusal(
        421,
        "Misdirected",
        Text(
            fr="Aucun site du panel ne porte ce nom. Vérifiez l’adresse.",
            en="No site of the panel has this name. Check the address.",
        ),
    ),
    ProxyRefusal(
        429,
        "TooOften",
        Text(
            fr="Trop de demandes viennent d’ici en peu de temps. Attendez dix secondes, puis"
            " recommencez.",
            en="Too many requests come from here in a short time. Wait ten seconds, then try"
            " again.",
        ),
    ),
    ProxyRefusal(500, "Unexpected", _AWAY),
    ProxyRefusal(502, "Unavailable", _AWAY),
    ProxyRefusal(503, "Unavailable", _AWAY),
    ProxyRefusal(
        504,
        "Busy",
        Text(
            fr="Le service n’a pas répondu à temps. Réessayez dans une minute.",
            en="The service did not answer in time. Try again in a minute.",
        ),
    ),
)


def files() -> dict[str, str]:
    """Generate the files: name → content."""
    pages = {}
    for refusal in REFUSALS:
        pages[f"{refusal.status}.html"] = _page(refusal)
        pages[f"{refusal.status}.json"] = _problem(refusal)
    return pages


def _page(refusal: ProxyRefusal) -> str:
    return (
        '<!doctype html>\n<html lang="fr">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{refusal.status}</title>\n"
        f"<p>{escape(refusal.sentence.fr)}</p>\n"
        f'<p lang="en">{escape(refusal.sentence.en)}</p>\n'
    )


def _problem(refusal: ProxyRefusal) -> str:
    problem = {
        "type": f"urn:panel:{refusal.name}",
        "title": refusal.name,
        "status": refusal.status,
        "detail": f"{refusal.sentence.fr} / {refusal.sentence.en}",
    }
    return json.dumps(problem, ensure_ascii=False) + "\n"
