"""The smart host: reachable, encrypted, and with a short queue lifetime.

Nothing is sent: the dialogue ends before MAIL FROM.
"""

from aiosmtplib import SMTP

from deploy.doctor.certificates import validity
from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import TROUBLE, Finding, Findings, broken, out_of_reach, warn, well
from services.runtime.observability.certificates import peer_certificate
from services.runtime.text import Text

LONGEST_QUEUE_HOURS = 4

_REACHED = Text(fr="Le serveur de courrier répond.", en="The mail server answers.")
_ENCRYPTED = Text(
    fr="Le courrier lui est remis chiffré (STARTTLS).",
    en="Mail is handed to it encrypted (STARTTLS).",
)
_IN_CLEAR_LOCALLY = Text(
    fr="Le courrier lui est remis en clair, ce qu'un panel local peut se permettre.",
    en="Mail is handed to it unencrypted, which is acceptable for a local panel.",
)
_PASSWORD_IN_CLEAR = Text(
    fr="Il n'offre pas STARTTLS : notre mot de passe et les adresses des membres passent en clair.",
    en="It does not offer STARTTLS: our password and members' addresses travel in clear.",
)
_IN_CLEAR = Text(
    fr="Il n'offre pas STARTTLS : les adresses des membres passent en clair jusqu'à lui.",
    en="It does not offer STARTTLS: members' addresses travel to it in clear.",
)
_OFFER = Text(
    fr="Activez STARTTLS sur le serveur de courrier, ou prenez-en un autre port"
    " (PANEL_SMTP_PORT, 587 d'ordinaire).",
    en="Switch STARTTLS on at the mail server, or use another port (PANEL_SMTP_PORT, usually 587).",
)
_SIGNED_IN = Text(fr="Il reconnaît notre compte.", en="It knows our account.")
_KEEPS_NONE = Text(
    fr="Le serveur de courrier local ne garde aucun message en attente.",
    en="The local mail server keeps no message waiting.",
)
_SHORT_QUEUE = Text(
    fr="Vous avez dit que sa file abandonne un message après {hours:g} h.",
    en="You have said that its queue gives a message up after {hours:g} h.",
)
_LONG_QUEUE = Text(
    fr="Sa file garde un message {hours:g} h : il peut arriver bien après les jours promis.",
    en="Its queue keeps a message for {hours:g} h: it may arrive long after the days promised.",
)
_UNSAID = Text(
    fr="Combien de temps garde-t-il un message qu'il ne peut pas remettre ? Nous ne le savons pas.",
    en="How long does it keep a message that it cannot deliver? We do not know.",
)
_SAY = Text(
    fr="Réglez sa file à {most} h au plus (Postfix : maximal_queue_lifetime = {most}h), puis"
    " dites-le par PANEL_MAIL_QUEUE_HOURS.",
    en="Set its queue to {most} h at most (Postfix: maximal_queue_lifetime = {most}h), then say so"
    " with PANEL_MAIL_QUEUE_HOURS.",
)


async def mail(deployment: Deployment) -> Findings:
    yield _queue(deployment)
    server = deployment.mail
    subject = f"{server.host}:{server.port}"
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.timeout_seconds,
        start_tls=False,
        local_hostname=deployment.sender.rpartition("@")[2],
    )
    try:
        await smtp.connect()
        try:
            await smtp.ehlo()
            yield well("mail.reached", subject, _REACHED)
            async for finding in _dialogue(deployment, smtp, subject):
                yield finding
        finally:
            smtp.close()
    except TROUBLE as error:
        yield out_of_reach("mail.reached", subject, error)


async def _dialogue(deployment: Deployment, smtp: SMTP, subject: str) -> Findings:
    check, username, password = "mail.tls", deployment.mail.username, deployment.mail.password
    if not smtp.supports_extension("starttls"):
        if deployment.local:
            yield well(check, subject, _IN_CLEAR_LOCALLY)
        elif username:
            yield broken(check, subject, _PASSWORD_IN_CLEAR, _OFFER)
        else:
            yield warn(check, subject, _IN_CLEAR, _OFFER)
        return
    try:
        await smtp.starttls()
    except TROUBLE as error:
        yield out_of_reach(check, subject, error)
        return
    yield well(check, subject, _ENCRYPTED)
    certificate = peer_certificate(smtp.get_transport_info("ssl_object"))
    for finding in validity("certificates", f"SMTP {subject}", certificate, deployment.clock()):
        yield finding
    if username and password:
        await smtp.login(username, password)
        yield well("mail.account", subject, _SIGNED_IN)


def _queue(deployment: Deployment) -> Finding:
    check, hours = "mail.queue", deployment.mail_queue_hours
    if hours is None and deployment.local:
        return well(check, "", _KEEPS_NONE)
    if hours is None:
        return warn(check, "", _UNSAID, _SAY, most=LONGEST_QUEUE_HOURS)
    if hours > LONGEST_QUEUE_HOURS:
        return broken(check, "", _LONG_QUEUE, _SAY, hours=hours, most=LONGEST_QUEUE_HOURS)
    return well(check, "", _SHORT_QUEUE, hours=hours)
