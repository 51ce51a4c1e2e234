"""Promises that one query over one service's tables can check."""

from dataclasses import dataclass

from deploy.charter_check.findings import Sentence


@dataclass(frozen=True)
class Stored:
    """A promise, the query that checks it, and whether that takes the panel's time."""

    service: str
    query: str
    sentence: Sentence
    timed: bool = False


STORED: tuple[Stored, ...] = (
    Stored(
        "registry",
        "deliveries_apart",
        Sentence(
            fr="jamais deux sollicitations en 31 jours, par personne, d'après les envois",
            en="never two solicitations in 31 days, per person, by deliveries",
        ),
    ),
    Stored(
        "registry",
        "first_solicitation_after_known_contact",
        Sentence(
            fr="ni moins de 31 jours après le dernier contact connu à l'import",
            en="nor less than 31 days after the last contact known at the import",
        ),
    ),
    Stored(
        "registry",
        "locks_as_late_as_messages",
        Sentence(
            fr="chaque verrou de contact est au moins aussi récent que le dernier envoi",
            en="each contact lock is at least as recent as the last message",
        ),
    ),
    Stored(
        "registry",
        "contact_lock_stands",
        Sentence(
            fr="la clé du verrou de contact est en place",
            en="the contact lock's key is in force",
        ),
    ),
    Stored(
        "campaigns",
        "ledger_apart",
        Sentence(
            fr="jamais deux jours à moins de 31 jours dans le registre des contacts",
            en="never two days less than 31 days apart in the contact ledger",
        ),
    ),
    Stored(
        "campaigns",
        "ledger_constraint_stands",
        Sentence(
            fr="la contrainte d'exclusion du registre des contacts est en place",
            en="the contact ledger's exclusion constraint is in force",
        ),
    ),
    Stored(
        "campaigns",
        "solicitations_planned",
        Sentence(
            fr="chaque sollicitation est dans le registre des contacts",
            en="every solicitation is in the contact ledger",
        ),
    ),
    Stored(
        "campaigns",
        "ledger_as_answered",
        Sentence(
            fr="le registre des contacts dit la même chose que les réponses aux ordres",
            en="the contact ledger says what the answers to orders say",
        ),
    ),
    Stored(
        "campaigns",
        "orders_answered",
        Sentence(
            fr="chaque ordre d'envoi dont la fenêtre est passée a une réponse",
            en="every send order whose window is over has an answer",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "deliveries_answered",
        Sentence(
            fr="aucun envoi n'attend après sa fenêtre",
            en="no delivery waits after its window",
        ),
        timed=True,
    ),
    Stored(
        "campaigns",
        "nothing_contradicted",
        Sentence(
            fr="aucune réponse n'en contredit une autre", en="no answer contradicts another one"
        ),
    ),
    Stored(
        "registry",
        "memberships_three_years",
        Sentence(
            fr="les adhésions durent trois ans et s'arrêtent",
            en="memberships last three years and end",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "no_message_after_membership",
        Sentence(
            fr="aucun message après la fin d'une adhésion",
            en="no message after the end of a membership",
        ),
    ),
    Stored(
        "registry",
        "consents_proven",
        Sentence(
            fr="chaque consentement a sa date et sa preuve",
            en="every consent has its date and its proof",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "gone_without_contact",
        Sentence(
            fr="l'adresse de qui est parti est effacée",
            en="the address of who has left is deleted",
        ),
    ),
    Stored(
        "registry",
        "erased_keep_nothing",
        Sentence(
            fr="de qui est oublié, rien n'est gardé, et campaigns l'a confirmé",
            en="of who is forgotten nothing is kept, and campaigns has confirmed it",
        ),
        timed=True,
    ),
    Stored(
        "registry",
        "silent_after_erasing",
        Sentence(
            fr="qui est oublié ne reçoit plus rien",
            en="who is forgotten receives nothing any more",
        ),
    ),
    Stored(
        "registry",
        "one_person_per_mailbox",
        Sentence(
            fr="une boîte aux lettres est celle d'une seule personne",
            en="one mailbox is one person's",
        ),
    ),
    Stored(
        "campaigns",
        "participations_chosen",
        Sentence(
            fr="personne ne participe sans avoir accepté l'invitation du projet",
            en="nobody takes part without having accepted the project's invitation",
        ),
    ),
    Stored(
        "campaigns",
        "one_invitation_per_project",
        Sentence(
            fr="personne n'est invité deux fois à un même projet",
            en="nobody is invited twice to one project",
        ),
    ),
    Stored(
        "campaigns",
        "declines_unseen",
        Sentence(
            fr="le tirage au sort ne peut lire aucune réponse",
            en="the draw cannot read any answer",
        ),
    ),
    Stored(
        "campaigns",
        "draw_role_apart",
        Sentence(
            fr="le rôle du tirage au sort n'a que ses propres droits",
            en="the role of the draw has its own rights only",
        ),
    ),
    Stored(
        "campaigns",
        "draws_committed",
        Sentence(
            fr="chaque tirage a utilisé la graine engagée au lancement",
            en="every draw used the seed committed at the launch",
        ),
    ),
    Stored(
        "campaigns",
        "mandates_complete",
        Sentence(
            fr="chaque projet publié a un mandat complet",
            en="every published project has a complete mandate",
        ),
    ),
    Stored(
        "campaigns",
        "invited_for_published_projects",
        Sentence(
            fr="personne n'est invité pour un projet qui n'est pas ouvert",
            en="nobody is invited for a project that is not open",
        ),
    ),
    Stored(
        "campaigns",
        "compensations_referenced",
        Sentence(
            fr="aucune compensation sans la référence du mandat",
            en="no compensation without the mandate's reference",
        ),
    ),
    Stored(
        "campaigns",
        "closed_owe_no_report",
        Sentence(
            fr="un projet clos ne doit plus de retour à personne",
            en="a closed project owes no report",
        ),
    ),
    Stored(
        "campaigns",
        "participants_reported",
        Sentence(
            fr="chaque participant d'un projet clos a reçu le retour, ou l'on sait pourquoi non",
            en="each participant of a closed project was sent the report, or it is known why not",
        ),
    ),
    Stored(
        "campaigns",
        "reports_as_answered",
        Sentence(
            fr="un retour dit envoyé l'a été",
            en="a report said to be sent was sent",
        ),
    ),
    Stored(
        "campaigns",
        "closing_constraint_stands",
        Sentence(
            fr="la contrainte qui garde un projet ouvert est en place",
            en="the constraint that keeps a project open is in force",
        ),
    ),
    Stored(
        "responses",
        "no_member_columns",
        Sentence(
            fr="responses n'a aucune colonne qui désigne un membre",
            en="responses has no column that names a member",
        ),
    ),
    Stored(
        "responses",
        "answers_at_most_credentials",
        Sentence(
            fr="jamais plus de réponses que de jetons anonymes remis",
            en="never more answers than anonymous credentials given",
        ),
    ),
    Stored(
        "responses",
        "no_answer_dropped",
        Sentence(
            fr="aucune réponse n'a disparu : chaque jeton utilisé a la sienne",
            en="no answer was dropped: each spent credential has its own",
        ),
    ),
    Stored(
        "responses",
        "words_read_before_synthesis",
        Sentence(
            fr="chaque contribution a été lue avant la synthèse",
            en="every contribution was read before the synthesis",
        ),
    ),
    Stored(
        "responses",
        "words_lead_somewhere",
        Sentence(
            fr="chaque contribution mène à une proposition ou à une mention",
            en="every contribution leads to a proposal or to a mark",
        ),
    ),
    Stored(
        "responses",
        "proposals_all_listed",
        Sentence(
            fr="aucune proposition n'est écartée avant d'avoir sa réponse",
            en="no proposal is set aside before it has its answer",
        ),
    ),
    Stored(
        "feedback",
        "every_proposal_answered",
        Sentence(
            fr="chaque proposition d'un projet restitué a sa réponse",
            en="each proposal of a reported project has its answer",
        ),
    ),
    Stored(
        "feedback",
        "decisions_signed_by_another",
        Sentence(
            fr="chaque décision est motivée, et signée par une autre personne que qui l'a rédigée",
            en="each decision has its reason, and was signed by another than its drafter",
        ),
    ),
    Stored(
        "feedback",
        "reports_on_synthesised",
        Sentence(
            fr="aucun retour avant que tout soit lu et synthétisé",
            en="no report before everything was read and synthesised",
        ),
    ),
    Stored(
        "feedback",
        "no_member_columns",
        Sentence(
            fr="feedback n'a aucune colonne qui désigne un membre",
            en="feedback has no column that names a member",
        ),
    ),
    Stored(
        "feedback",
        "journal_tells_all",
        Sentence(
            fr="mandats, décisions, retours et suivi sont dans le journal de transparence",
            en="mandates, decisions, reports and follow-up are in the transparency journal",
        ),
    ),
    Stored(
        "campaigns",
        "triggers_fire",
        Sentence(
            fr="aucun réglage n'éteint les déclencheurs",
            en="no setting switches triggers off",
        ),
    ),
    *(
        Stored(
            service,
            "events_applied",
            Sentence(
                fr=f"{service} a appliqué tous ses événements",
                en=f"{service} has applied all its events",
            ),
        )
        for service in ("registry", "campaigns", "responses", "feedback")
    ),
)
