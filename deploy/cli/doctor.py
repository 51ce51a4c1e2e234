"""`panel doctor`: examine a panel and print the findings, with a way out for each fault."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import Json, both, command
from console.commands.session import Session, asynchronous, print_json, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    from deploy.doctor import Deployment, Finding

BROKEN = 1


class NoSignIn(Refusal):
    status = 503
    sentence = Text(
        fr="La connexion n'a pas abouti ({reason}).", en="Signing in did not succeed ({reason})."
    )
    way_out = Text(
        fr="Sans --sign-in, le diagnostic dit si l'émetteur répond et offre cette connexion.",
        en="Without --sign-in, the doctor says whether the issuer answers and offers the grant.",
    )


_CODE = Text(
    fr="Ouvrez {address} et entrez le code {code}. La suite vient d'elle-même.",
    en="Open {address} and enter the code {code}. This goes on by itself.",
)

_MARKS = {"well": ("✓", "green"), "look": ("!", "bold yellow"), "broken": ("✗", "bold red")}
_PARTS = {
    "machine": Text(fr="Cette machine", en="This machine"),
    "databases": Text(fr="Bases de données", en="Databases"),
    "kafka": Text(fr="Kafka", en="Kafka"),
    "services": Text(fr="Services", en="Services"),
    "certificates": Text(fr="Certificats", en="Certificates"),
    "mail": Text(fr="Courrier", en="Mail"),
    "issuer": Text(fr="Connexion des agents", en="Staff sign-in"),
}
_ALL_WELL = Text(fr="Tout va bien.", en="All is well.")
_LOOK = Text(fr="À regarder : {look}.", en="To look at: {look}.")
_BROKEN = Text(
    fr="À réparer : {broken} ; à regarder : {look}.", en="Broken: {broken}; to look at: {look}."
)


def register(app: typer.Typer) -> None:
    command(
        app,
        "doctor",
        both(
            "Examiner un déploiement et dire quoi faire.",
            "Look a deployment over and say what to do.",
        ),
    )(doctor)


def doctor(
    ctx: typer.Context,
    deployed: Annotated[
        bool,
        typer.Option(
            "--deployed",
            help=both(
                "Celui que disent les variables PANEL_…, au lieu du panel local.",
                "The one that PANEL_… variables say, instead of the local panel.",
            ),
        ),
    ] = False,
    sign_in: Annotated[
        bool,
        typer.Option(
            "--sign-in",
            help=both(
                "Se connecter comme la console et examiner le jeton reçu.",
                "Sign in as the console does and look at the token that comes.",
            ),
        ),
    ] = False,
    json: Json = False,
) -> None:
    from deploy.doctor import examine, is_broken

    current = session(ctx)
    patient = _deployed() if deployed else _local(current)
    if sign_in:
        unsigned = patient
        patient = asynchronous(lambda: _signed_in(current, unsigned))
    findings = asynchronous(lambda: examine(patient))
    if json:
        print_json(
            {
                "well": not is_broken(findings),
                "findings": [_plain(current, finding) for finding in findings],
            }
        )
    else:
        _show(current, findings)
    if is_broken(findings):
        raise typer.Exit(BROKEN)


def _local(current: Session) -> "Deployment":
    from deploy.local import deployment as patient
    from deploy.local import endpoints

    return patient.deployment(endpoints.read(current.data_dir))


def _deployed() -> "Deployment":
    """The deployment described by PANEL_ variables. Raises WrongSettings."""
    from deploy.doctor import DoctorSettings
    from services.runtime.settings import from_environment

    return from_environment(DoctorSettings).deployment()


async def _signed_in(current: Session, patient: "Deployment") -> "Deployment":
    """Add a staff token, obtained by the device grant (RFC 8628) as in the console.

    Raises NoSignIn.
    """
    from dataclasses import replace

    from pydantic import SecretStr

    from console.client.problems import Failure
    from console.client.sign_in import Issuer

    issuer = Issuer(patient.issuer, authority=patient.issuer_authority)
    try:
        code = await issuer.begin()
        current.tell_progress(_CODE, address=code.verification_uri, code=code.user_code)
        person = await issuer.wait(code)
    except Failure as problem:
        raise NoSignIn(reason=type(problem).__name__) from problem
    finally:
        await issuer.close()
    return replace(
        patient, token=SecretStr(person.token), renewable=person.refresh_token is not None
    )


def _plain(current: Session, finding: "Finding") -> dict[str, Any]:
    return {
        "check": finding.check,
        "about": finding.subject,
        "verdict": finding.verdict,
        "sentence": finding.message(current.language),
        "way_out": finding.way_out_message(current.language),
    }


def _show(current: Session, findings: "list[Finding]") -> None:
    from console.commands.terminal import styled

    for part, of_part in groupby(findings, key=lambda finding: finding.check.partition(".")[0]):
        current.out.print(current.say(_PARTS[part]), style="bold")
        same: dict[tuple[str, str, str | None], list[str]] = {}
        for finding in of_part:
            wording = (
                finding.verdict,
                finding.message(current.language),
                finding.way_out_message(current.language),
            )
            same.setdefault(wording, []).append(finding.subject)
        for (verdict, sentence, way_out), subjects in same.items():
            names = ", ".join(filter(None, subjects))
            beside = (f" {names}" if names else "", "dim")
            line = styled("  ", _MARKS[verdict], f" {sentence}", beside)
            current.out.print(line, soft_wrap=True)
            if way_out:
                current.out.print(f"      → {way_out}", soft_wrap=True)
    counts = {
        verdict: sum(finding.verdict == verdict for finding in findings) for verdict in _MARKS
    }
    if counts["broken"]:
        current.out.print(current.say(_BROKEN, **counts), style="bold red")
    elif counts["look"]:
        current.out.print(current.say(_LOOK, **counts), style="bold yellow")
    else:
        current.out.print(current.say(_ALL_WELL), style="bold green")
