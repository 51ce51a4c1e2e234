"""Remarks on parts of an imported file that are missing or changed in the questionnaire."""

from services.runtime.text import Text

# A whole question is left out ----------------------------------------------------------------

UNKNOWN_KIND = Text(
    fr="Le type de question « {kind} » n'existe pas ici.",
    en="The question type “{kind}” does not exist here.",
)
NO_TEXT = Text(fr="La question n'a pas de texte.", en="The question has no text.")
NO_OPTIONS = Text(
    fr="Il faut au moins deux choix, sans compter « autre ».",
    en="There must be at least two options, “other” aside.",
)
HIDDEN = Text(
    fr="La question est masquée : personne ne la voyait. Elle n'est pas reprise.",
    en="The question is hidden: nobody saw it. It is left out.",
)
NEVER_ASKED = Text(
    fr="Sa condition « {condition} » n'est jamais remplie : la question n'est pas reprise.",
    en="Its condition “{condition}” is never met: the question is left out.",
)
ASKS_WHO = Text(
    fr="Elle demande un nom ou des coordonnées, alors que les réponses sont anonymes.",
    en="It asks for a name or contact details, but responses are anonymous.",
)
TOO_MANY_RANKED = Text(
    fr="Un classement a {most} choix au plus ; celui-ci en a {number}.",
    en="A ranking has {most} options at most; this has {number}.",
)
SCALE_RANGE = Text(
    fr="Une échelle va ici de -10 à 11 au plus ; celle-ci va jusqu'à {high}.",
    en="A scale goes from -10 to 11 at most here; this goes up to {high}.",
)
TOO_MANY_QUESTIONS = Text(
    fr="Un questionnaire a {most} questions au plus.",
    en="A questionnaire has {most} questions at most.",
)
NOT_OF_OUR_FORM = Text(
    fr="Notre questionnaire ne peut pas contenir cette question ({fields}).",
    en="Our questionnaire cannot hold this question ({fields}).",
)

# The question is imported, without something ------------------------------------------------

CONDITION = Text(
    fr="La question est reprise, mais pas sa condition « {condition} » : elle sera posée à tous.",
    en="The question was imported, but not its condition “{condition}”: everybody is asked.",
)
JUMP = Text(
    fr="Les sauts d'une question à l'autre ne sont pas repris : écrivez des conditions.",
    en="Jumps from one question to another are not imported: write conditions.",
)
CALCULATION = Text(
    fr="Les calculs de variables ne sont pas repris.", en="Calculations are not imported."
)
REQUIRED_BY_LOGIC = Text(
    fr="Une règle qui rend « {target} » obligatoire n'est pas reprise.",
    en="A rule that makes “{target}” mandatory is not imported.",
)
LOGIC = Text(fr="Une règle « {kind} » n'est pas reprise.", en="A rule “{kind}” is not imported.")
EXPRESSION = Text(
    fr="Le texte contient une expression « {expression} », remplacée par « … » : récrivez-le."
    " Rien de personnel ne peut être affiché ici.",
    en="The text holds an expression “{expression}”, replaced by “…”: write it anew. Nothing"
    " personal can be shown here.",
)
RECALL = Text(
    fr="Le rappel de la réponse à « {question} » n'est pas repris : « {fallback} » le remplace.",
    en="The recall of the answer to “{question}” is not imported: “{fallback}” replaces it.",
)
SCRIPT = Text(
    fr="Un script est laissé de côté : rien ne s'exécute ici.",
    en="A script is left out: nothing runs here.",
)
PICTURE = Text(
    fr="Une image est laissée de côté : seul le texte est repris.",
    en="A picture is left out: only text is imported.",
)
LINK = Text(
    fr="L'adresse d'un lien est laissée de côté : seul son texte est repris.",
    en="The address of a link is left out: only its text is imported.",
)
EMBEDDED = Text(
    fr="Un contenu incorporé (vidéo, champ, page) est laissé de côté.",
    en="Embedded content (video, field, page) is left out.",
)
NO_FRENCH = Text(
    fr="Il n'y a pas de texte en français : celui en « {locale} » est repris, à traduire.",
    en="There is no text in French: the one in “{locale}” was imported, to be translated.",
)
DUPLICATE = Text(
    fr="Deux questions portent ce code : celle-ci s'appelle ici « {name} ».",
    en="Two questions have this code: this one is called “{name}” here.",
)
DUPLICATE_OPTION = Text(
    fr="Deux choix portent le code « {code} » : ils sont repris sous deux noms.",
    en="Two options have the code “{code}”: both were imported, under two names.",
)
SAME_ROW = Text(
    fr="La table « {table} » a déjà une ligne {field} {value} : seule la dernière est reprise.",
    en="The table “{table}” has a row {field} {value} already: only the last is imported.",
)
OTHER_IN_RANKING = Text(
    fr="Le choix « autre » ({label}) n'est pas repris : un classement n'en a pas.",
    en="The option “other” ({label}) is not imported: a ranking has none.",
)
OPTION_WITHOUT_TEXT = Text(
    fr="Le choix « {code} » n'a pas de texte : il n'est pas repris.",
    en="The option “{code}” has no text: it is left out.",
)
OPTION_CONDITION = Text(
    fr="Le choix « {code} » est proposé à tous : sa condition « {condition} » n'est pas reprise.",
    en="The option “{code}” is offered to all: its condition “{condition}” is not imported.",
)
EXCLUSIVE = Text(
    fr="« {option} » excluait les autres choix : ici, on peut la cocher avec eux.",
    en="“{option}” excluded the other options: here it can be ticked beside them.",
)
OTHER_LABEL = Text(
    fr="Le libellé du choix « autre », « {label} », n'est pas repris : il s'appelle « Autre ».",
    en="The label of the option “other”, “{label}”, is not imported: it is called “Other”.",
)
AT_LEAST = Text(
    fr="Le nombre minimal de réponses ({value}) n'est pas repris.",
    en="The minimum number of answers ({value}) is not imported.",
)
AT_MOST = Text(
    fr="Le nombre maximal de réponses ({value}) n'est pas repris.",
    en="The maximum number of answers ({value}) is not imported.",
)
RANDOM = Text(
    fr="L'ordre aléatoire ou trié n'est pas repris : chacun voit le même ordre.",
    en="Random or sorted order is not imported: everybody sees the same order.",
)
FILTERED = Text(
    fr="Le filtre des choix d'après « {value} » n'est pas repris : tous sont proposés.",
    en="The filter of options by “{value}” is not imported: all are offered.",
)
NUMBERS_ONLY = Text(
    fr="La réponse n'est pas limitée à des nombres : c'est un texte libre.",
    en="The answer is not limited to numbers: it is a free text.",
)
VALIDATION = Text(
    fr="Le contrôle de la réponse « {value} » n'est pas repris.",
    en="The validation of the answer “{value}” is not imported.",
)
LENGTH = Text(
    fr="La limite de longueur n'est pas reprise : chacun écrit autant qu'il veut.",
    en="The limit of length is not imported: everybody may write as much as they like.",
)
TIME_LIMIT = Text(fr="La limite de temps n'est pas reprise.", en="The time limit is not imported.")
SOFT_MANDATORY = Text(
    fr="La réponse était recommandée sans être obligatoire : la question est reprise comme"
    " facultative.",
    en="An answer was recommended but not required: the question was imported as optional.",
)
DEFAULT_ANSWER = Text(
    fr="La réponse préremplie n'est pas reprise.", en="The default answer is not imported."
)
SCORES = Text(fr="Les points ne sont pas repris.", en="Scores are not imported.")
SHOWN_AS = Text(
    fr="La présentation « {value} » n'est pas reprise.",
    en="The presentation “{value}” is not imported.",
)
SETTING = Text(
    fr="Le réglage « {name} » ({value}) n'est pas repris.",
    en="The setting “{name}” ({value}) is not imported.",
)

# Of the whole survey --------------------------------------------------------------------------

WELCOME = Text(fr="La page d'accueil n'est pas reprise.", en="The welcome page is not imported.")
ENDING = Text(fr="La page de fin n'est pas reprise.", en="The last page is not imported.")
END_ADDRESS = Text(
    fr="Le renvoi à la fin vers une autre page n'est pas repris.",
    en="Forwarding to another page at the end is not imported.",
)
DESCRIPTION = Text(
    fr="La description de l'enquête n'est pas reprise.",
    en="The survey's description is not imported.",
)
PRIVACY_NOTICE = Text(
    fr="La notice de protection des données n'est pas reprise.",
    en="The data protection notice is not imported.",
)
GROUP_TEXT = Text(
    fr="Les titres et introductions de groupes ne sont pas repris.",
    en="Titles and introductions of groups are not imported.",
)
QUOTA = Text(fr="Les quotas ne sont pas repris.", en="Quotas are not imported.")
LANGUAGES = Text(
    fr="Seuls le français et l'anglais sont repris, pas : {languages}.",
    en="Only French and English are imported, not: {languages}.",
)
HIDDEN_FIELDS = Text(
    fr="Les champs masqués ne sont pas repris : {names}.",
    en="Hidden fields are not imported: {names}.",
)
VARIABLES = Text(
    fr="Les variables ne sont pas reprises : {names}.", en="Variables are not imported: {names}."
)
FOLLOW_UPS = Text(
    fr="Les courriels de suite ne sont pas repris.", en="Follow-up mails are not imported."
)
ADDRESS_PARAMETERS = Text(
    fr="Les paramètres d'adresse ne sont pas repris.", en="Address parameters are not imported."
)
TABLE = Text(
    fr="La table « {table} » n'est pas reprise.", en="The table “{table}” is not imported."
)
CONTROL_CHARACTER = Text(
    fr="Le caractère de contrôle {character} a été retiré.",
    en="The control character {character} was removed.",
)
MORE = Text(
    fr="{number} autres remarques ne sont pas montrées.", en="{number} more remarks are not shown."
)
