"""Generate files from the code: AsyncAPI, OpenAPI, access control lists, configuration reference,
and the proxy's refusals.

Usage: python -m deploy.generate.describe (a test compares the result with what is committed)
"""

import json
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from deploy.generate import configuration, refusals
from deploy.kafka import acls
from services.contracts import asyncapi
from services.contracts.topics import produced_by
from services.runtime.service import Service

DEPLOY = Path(__file__).parents[1]
SERVICES = ("registry", "campaigns", "responses", "feedback")
_SECRET = "A" * 43 + "="


def build(name: str, **settings: Any) -> Service:
    """Wire a service as in production, without connecting it."""
    common: dict[str, Any] = {
        "database_dsn": "postgresql://unused",
        "kafka_bootstrap": "unused:9092",
        "http_port": 1,
        "issuer": "https://issuer.example",
        **settings,
    }
    if name == "registry":
        import services.registry.app
        from services.registry.settings import RegistrySettings

        signing = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))
        return services.registry.app.build(
            RegistrySettings(
                **common,
                smtp_host="unused",
                smtp_port=25,
                mail_from="panel@example.org",
                contact_keys=json.dumps([_SECRET]),
                lookup_key=_SECRET,
                link_signing_key=signing,
                registry_url="https://panel.example",
                campaigns_url="https://projects.example",
            )
        )
    if name == "campaigns":
        import services.campaigns.app
        from services.campaigns.settings import CampaignsSettings

        return services.campaigns.app.build(
            CampaignsSettings(
                **common,
                link_public_keys="[]",
                credential_keys=json.dumps([_SECRET]),
                responses_url="https://answers.example",
            )
        )
    if name == "responses":
        import services.responses.app
        from services.responses.settings import ResponsesSettings

        return services.responses.app.build(
            ResponsesSettings(
                **common,
                campaigns_url="https://projects.example",
                answer_keys=json.dumps([_SECRET]),
            )
        )
    import services.feedback.app
    from services.feedback.settings import FeedbackSettings

    return services.feedback.app.build(
        FeedbackSettings(
            **common,
            public_url="https://account.example",
            journal_key=json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)),
            journal_origin="panel.example/journal",
        )
    )


def documents(name: str) -> dict[Path, str]:
    """Generate the files of one service: path → content."""
    service = build(name)
    events = asyncapi.document(
        name, produced_by(name), [consumer.topic for consumer in service.inbox.consumers]
    )
    return {
        DEPLOY / "asyncapi" / f"{name}.json": _text(events),
        DEPLOY / "openapi" / f"{name}.json": _text(service.api.openapi()),
    }


def common_documents() -> dict[Path, str]:
    """Generate the files that all services share: path → content."""
    return {
        DEPLOY / "kafka" / "acls.sh": acls.script(),
        DEPLOY.parent / "docs" / "configuration.md": configuration.reference(),
    } | {refusals.FOLDER / name: text for name, text in refusals.files().items()}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    for documents_of_one in (common_documents(), *map(documents, SERVICES)):
        for path, text in documents_of_one.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
