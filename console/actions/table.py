"""The table itself. A key has one meaning on every screen that has it."""

from console.actions.action import EVERYWHERE, Action, Area
from console.words import Text

_READERS = frozenset({"campaigns", "analysis", "decision", "operations", "audit", "registry"})
# Roles that may read decisions and reports before publication.
_ANSWERERS = _READERS - {"registry"}
AREAS = (
    Area("home", 1, Text(fr="Accueil", en="Home"), _READERS),
    Area("projects", 2, Text(fr="Projets", en="Projects"), _READERS),
    Area("contacts", 3, Text(fr="Contacts", en="Contacts"), _READERS),
    Area("reading", 5, Text(fr="Lecture", en="Reading"), frozenset({"analysis"})),
    Area("decisions", 6, Text(fr="Décisions", en="Decisions"), _ANSWERERS),
)
_DRAFTERS = frozenset({"decision", "analysis"})
_WRITERS = frozenset({"decision", "analysis", "campaigns"})
_SIGNERS = frozenset({"decision"})
_FOLLOWERS = frozenset({"decision", "campaigns"})


def _action(
    id: str,
    key: str,
    screens: str,
    label: Text,
    means: Text,
    **more: str | bool | frozenset[str],
) -> Action:
    return Action(id, key, label, means, frozenset(screens.split()), **more)  # type: ignore[arg-type]


ACTIONS: tuple[Action, ...] = (
    _action(
        "open",
        "enter",
        "home projects reading found board decisions",
        Text(fr="ouvrir", en="open"),
        Text(fr="Ouvrir ce qui est choisi", en="Open what is selected"),
    ),
    # The same where the footer has no room for it.
    _action(
        "open",
        "enter",
        "account",
        Text(fr="ouvrir", en="open"),
        Text(fr="Lire la décision en entier", en="Read the decision in full"),
        in_footer=False,
    ),
    _action(
        "back",
        "escape",
        "project launch contribution found board attention account decision report",
        Text(fr="retour", en="back"),
        Text(
            fr="Revenir à l'écran d'avant ; ce qui est tapé est gardé",
            en="Go back to the screen before; what you typed is kept",
        ),
        shown_key="esc",
        while_typing=True,
    ),
    _action(
        "search",
        "slash",
        "projects board",
        Text(fr="chercher", en="search"),
        Text(fr="Ne garder que les titres qui contiennent…", en="Keep only titles containing…"),
        shown_key="/",
    ),
    _action(
        "search",
        "slash",
        "decisions account",
        Text(fr="chercher", en="search"),
        Text(fr="Ne garder que les titres qui contiennent…", en="Keep only titles containing…"),
        shown_key="/",
        in_footer=False,
    ),
    _action(
        "filter",
        "f",
        "projects",
        Text(fr="filtrer", en="filter"),
        Text(
            fr="Tous, en cours, à préparer ou terminés", en="All, under way, to prepare or finished"
        ),
    ),
    _action(
        "sort",
        "s",
        "projects",
        Text(fr="trier", en="sort"),
        Text(fr="Trier par étape, titre ou participants", en="Sort by step, title or opt-ins"),
    ),
    _action(
        "new",
        "n",
        "projects launch",
        Text(fr="nouveau", en="new"),
        Text(
            fr="Écrire une nouvelle campagne, ou savoir d'où vient un projet",
            en="Write a new campaign, or learn where a project comes from",
        ),
    ),
    _action(
        "launch",
        "l",
        "projects project launch",
        Text(fr="lancer", en="launch"),
        Text(
            fr="Lancer une campagne du projet ; demande confirmation, chiffres à l'appui",
            en="Launch a campaign of the project; asks first, with the numbers",
        ),
    ),
    _action(
        "publish",
        "p",
        "projects project",
        Text(fr="publier", en="publish"),
        Text(
            fr="Publier le mandat, ou dire ce qui y manque",
            en="Publish the mandate, or say what is missing in it",
        ),
    ),
    _action(
        "record",
        "enter",
        "contribution",
        Text(fr="enregistrer", en="record"),
        Text(
            fr="Enregistrer la lecture, et passer à la suivante",
            en="Record the reading, and go on to the next",
        ),
    ),
    _action(
        "link",
        "a",
        "contribution",
        Text(fr="lier", en="link"),
        Text(
            fr="Lier à une proposition, ou retirer un lien",
            en="Link to a proposal, or remove a link",
        ),
        in_footer=False,
    ),
    _action(
        "new_proposal",
        "n",
        "contribution board",
        Text(fr="nouvelle", en="new"),
        Text(
            fr="Écrire une proposition ; d'une contribution, elle y est liée",
            en="Write a proposal; from a contribution, it is linked to it",
        ),
    ),
    _action(
        "no_suggestion",
        "x",
        "contribution",
        Text(fr="rien à tirer", en="no suggestion"),
        Text(
            fr="Marquer : aucune suggestion dans cette contribution",
            en="Mark: no suggestion in this contribution",
        ),
        in_footer=False,
    ),
    _action(
        "personal_case",
        "c",
        "contribution",
        Text(fr="cas personnel", en="personal case"),
        Text(
            fr="Marquer : situation personnelle ; son auteur verra où s'adresser",
            en="Mark: a personal case; its author will see where to turn",
        ),
        in_footer=False,
    ),
    _action(
        "hide",
        "h",
        "contribution",
        Text(fr="masquer", en="hide"),
        Text(
            fr="Masquer avec un motif, ou montrer de nouveau ; rien n'est effacé",
            en="Hide with a reason, or show again; nothing is deleted",
        ),
        in_footer=False,
    ),
    _action(
        "unmask",
        "m",
        "contribution",
        Text(fr="voir", en="look"),
        Text(
            fr="Voir les mots d'une contribution masquée",
            en="See the words of a hidden contribution",
        ),
        in_footer=False,
    ),
    _action(
        "find",
        "slash",
        "reading contribution",
        Text(fr="chercher", en="search"),
        Text(
            fr="Chercher des mots dans les contributions du projet",
            en="Search for words in the project's contributions",
        ),
        shown_key="/",
    ),
    _action(
        "edit",
        "e",
        "board",
        Text(fr="modifier", en="edit"),
        Text(fr="Modifier la proposition choisie", en="Edit the selected proposal"),
        in_footer=False,
    ),
    _action(
        "merge",
        "g",
        "board",
        Text(fr="regrouper", en="merge"),
        Text(
            fr="Regrouper la proposition choisie dans une autre",
            en="Merge the selected proposal into another",
        ),
    ),
    _action(
        "undo_merge",
        "u",
        "board",
        Text(fr="défaire", en="undo"),
        Text(
            fr="Défaire une réunion de propositions, jusqu'à la synthèse",
            en="Undo a merge of proposals, until the synthesis",
        ),
        in_footer=False,
    ),
    _action(
        "theme",
        "f",
        "board",
        Text(fr="filtrer", en="filter"),
        Text(fr="Un thème après l'autre", en="One theme after the other"),
        in_footer=False,
    ),
    _action(
        "order",
        "s",
        "board",
        Text(fr="trier", en="sort"),
        Text(fr="Trier par soutien, thème ou titre", en="Sort by support, theme or title"),
        in_footer=False,
    ),
    _action(
        "synthesise",
        "p",
        "board",
        Text(fr="synthèse", en="synthesis"),
        Text(
            fr="Publier la synthèse ; demande confirmation, et dit ce qui manque",
            en="Publish the synthesis; asks first, and says what is missing",
        ),
    ),
    _action(
        "proposals",
        "b",
        "reading project contribution",
        Text(fr="propositions", en="proposals"),
        Text(fr="Les propositions du projet", en="The project's proposals"),
    ),
    _action(
        "attention",
        "t",
        "reading project board",
        Text(fr="attention", en="attention"),
        Text(
            fr="L'attention portée à chaque contribution",
            en="The attention each contribution got",
        ),
    ),
    _action(
        "decisions",
        "d",
        "projects project reading board report",
        Text(fr="décisions", en="decisions"),
        Text(
            fr="Les décisions du projet, et ce que le retour attend",
            en="The project's decisions, and what its report waits for",
        ),
        roles=_ANSWERERS,
    ),
    _action(
        "edit_decision",
        "e",
        "account decision",
        Text(fr="rédiger", en="draft"),
        Text(
            fr="Rédiger la décision, ou la réviser une fois publiée",
            en="Draft the decision, or revise it once published",
        ),
        roles=_DRAFTERS,
    ),
    _action(
        "sign",
        "i",
        "account decision",
        Text(fr="signer", en="sign"),
        Text(
            fr="Signer la décision, si le mandat vous nomme",
            en="Sign the decision, if the mandate names you",
        ),
        roles=_SIGNERS,
    ),
    _action(
        "report",
        "o",
        "decisions account decision",
        Text(fr="le retour", en="report"),
        Text(
            fr="Le retour tel qu'il sera lu, et ce qui l'arrête encore",
            en="The report as it will be read, and what still stops it",
        ),
    ),
    _action(
        "edit_report",
        "e",
        "report",
        Text(fr="résumé", en="summary"),
        Text(fr="Écrire le résumé du retour", en="Write the report's summary"),
        roles=_WRITERS,
    ),
    _action(
        "publish_report",
        "p",
        "report",
        Text(fr="publier", en="publish"),
        Text(
            fr="Publier le retour et les décisions signées",
            en="Publish the report and the signed decisions",
        ),
        roles=_SIGNERS,
    ),
    _action(
        "publish_report",
        "p",
        "account",
        Text(fr="publier", en="publish"),
        Text(
            fr="Publier le retour et les décisions signées",
            en="Publish the report and the signed decisions",
        ),
        roles=_SIGNERS,
        in_footer=False,
    ),
    _action(
        "follow_up",
        "u",
        "account decision",
        Text(fr="suivi", en="follow-up"),
        Text(
            fr="Dire où en est ce qui a été retenu",
            en="Record the progress of what was retained",
        ),
        roles=_FOLLOWERS,
    ),
    _action(
        "step",
        "f",
        "account",
        Text(fr="filtrer", en="filter"),
        Text(fr="Une étape après l'autre : à rédiger, à signer…", en="One step after the other"),
        in_footer=False,
    ),
    _action(
        "copy_proposal_id",
        "y",
        "account decision",
        Text(fr="copier l'id", en="copy id"),
        Text(fr="Copier l'identifiant de la proposition", en="Copy the proposal's id"),
        in_footer=False,
    ),
    _action(
        "save",
        "ctrl+s",
        "writing-form",
        Text(fr="enregistrer", en="save"),
        Text(fr="Enregistrer ce qui est écrit", en="Save what is written"),
        shown_key="^s",
        while_typing=True,
    ),
    _action(
        "next_tab",
        "right",
        "project",
        Text(fr="onglet", en="tab"),
        Text(fr="Onglet suivant", en="Next tab"),
        shown_key="→",
    ),
    _action(
        "previous_tab",
        "left",
        "project",
        Text(fr="onglet d'avant", en="previous tab"),
        Text(fr="Onglet d'avant", en="Previous tab"),
        shown_key="←",
        in_footer=False,
    ),
    _action(
        "copy_id",
        "y",
        "projects project decisions",
        Text(fr="copier l'id", en="copy id"),
        Text(fr="Copier l'identifiant du projet", en="Copy the project's id"),
        in_footer=False,
    ),
    _action(
        "reread",
        "r",
        EVERYWHERE,
        Text(fr="relire", en="refresh"),
        Text(fr="Relire maintenant", en="Read again now"),
        in_footer=False,
    ),
    *(
        _action(
            f"area('{area.id}')",
            str(area.number),
            EVERYWHERE,
            area.name,
            Text(fr=f"Aller à : {area.name.fr}", en=f"Go to {area.name.en}"),
            in_footer=False,
            roles=area.roles,
        )
        for area in AREAS
    ),
    _action(
        "help",
        "question_mark,f1",
        EVERYWHERE,
        Text(fr="aide", en="help"),
        Text(fr="Les touches de cet écran", en="The keys of this screen"),
        shown_key="?",
    ),
    _action(
        "command_palette",
        "ctrl+p",
        EVERYWHERE,
        Text(fr="actions", en="actions"),
        Text(fr="Toutes les actions, à chercher par leur nom", en="All actions, found by name"),
        shown_key="^p",
        while_typing=True,
    ),
    _action(
        "language",
        "ctrl+l",
        f"{EVERYWHERE} sign-in confirm help writing-form",
        Text(fr="English", en="français"),
        Text(fr="Passer à l'anglais", en="Switch to French"),
        shown_key="^l",
        while_typing=True,
        in_footer=False,
    ),
    _action(
        "appearance",
        "ctrl+t",
        EVERYWHERE,
        Text(fr="clair / sombre", en="light / dark"),
        Text(fr="Passer du sombre au clair", en="Switch between dark and light"),
        shown_key="^t",
        while_typing=True,
        in_footer=False,
    ),
    _action(
        "try_again",
        "r",
        "sign-in",
        Text(fr="se connecter de nouveau", en="sign in again"),
        Text(fr="Demander un autre jeton", en="Ask for another token"),
    ),
    _action(
        "quit",
        "q",
        f"{EVERYWHERE} sign-in",
        Text(fr="quitter", en="quit"),
        Text(fr="Quitter la console", en="Leave the console"),
    ),
)
