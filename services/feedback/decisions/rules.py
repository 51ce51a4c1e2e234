"""The decision on one proposal: drafted by one person, signed by the decision maker, published.

Charter: a formal return on every proposal, retained or not. Every outcome has a reason; a retained
proposal also has a next step, a due date and an owner.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class Outcome(StrEnum):
    RETAINED = "retained"
    PARTLY = "partly"
    NOT = "not"


class DecisionStatus(StrEnum):
    """Of a decision that is stored; before the first draft it is awaited."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    PUBLISHED = "published"


RETAINED_OUTCOMES = (Outcome.RETAINED, Outcome.PARTLY)

OUTCOME_NAMES = {
    Outcome.RETAINED: Text(fr="Retenue", en="Retained"),
    Outcome.PARTLY: Text(fr="Retenue en partie", en="Partly retained"),
    Outcome.NOT: Text(fr="Non retenue", en="Not retained"),
}


class NotListed(Refusal):
    sentence = Text(
        fr="Cette proposition ne figure dans aucune synthèse terminée : elle n'attend pas encore"
        " de décision.",
        en="No finished synthesis lists this proposal: it is not ready for a decision.",
    )
    way_out = Text(
        fr="Terminez la synthèse du projet, puis recommencez.",
        en="Finish the project's synthesis, then try again.",
    )


class DecisionChanged(Refusal):
    sentence = Text(
        fr="Cette décision a changé depuis que vous l'avez lue.",
        en="This decision has changed since you read it.",
    )
    way_out = Text(
        fr="Relisez-la, puis recommencez : ce que vous avez écrit n'a pas été enregistré.",
        en="Read it again, then try again: what you wrote was not saved.",
    )


class ReasonMissing(Refusal):
    status = 422
    sentence = Text(
        fr="Toute décision doit être motivée, quelle qu'elle soit.",
        en="Every decision needs a reason, whatever its outcome.",
    )
    way_out = Text(fr="Écrivez le motif.", en="Write the reason.")


class NextStepMissing(Refusal):
    status = 422
    sentence = Text(
        fr="Une proposition retenue, en tout ou en partie, doit avoir une suite, une échéance et un"
        " responsable.",
        en="A proposal that is retained, wholly or partly, needs a next step, a due date and an"
        " owner.",
    )
    way_out = Text(
        fr="Complétez la suite, l'échéance et le nom du responsable.",
        en="Fill in the next step, the due date and the owner.",
    )


class NothingToSign(Refusal):
    sentence = Text(
        fr="Il n'y a pas de projet de décision à signer.", en="There is no draft to be signed."
    )
    way_out = Text(fr="Rédigez la décision d'abord.", en="Draft the decision first.")


class SignedByAnother(Refusal):
    status = 403
    sentence = Text(
        fr="Le mandat désigne {name} comme décideur, et vous utilisez un autre compte.",
        en="The mandate names {name} as the decision maker, and you use another account.",
    )
    way_out = Text(
        fr="Demandez-lui de signer, ou changez le décideur du mandat : c'est un acte public, qui"
        " doit être motivé.",
        en="Ask them to sign, or change the decision maker: a public act that needs a reason.",
    )


class DraftedByTheSigner(Refusal):
    status = 403
    sentence = Text(
        fr="Vous avez rédigé cette décision : une autre personne doit rédiger ce que vous signez.",
        en="You drafted this decision: another person must draft what you sign.",
    )
    way_out = Text(
        fr="Faites enregistrer le texte par une autre personne.",
        en="Have another person save the text.",
    )


class DraftedUnderTheSameName(Refusal):
    status = 403
    sentence = Text(
        fr="Cette décision a été rédigée sous le nom de {name}, qui est aussi celui de la"
        " signature : une autre personne doit la rédiger.",
        en="This decision was drafted under the name of {name}, which is also the name of the"
        " signature: another person must draft it.",
    )
    way_out = Text(
        fr="Faites enregistrer le texte par une personne qui porte un autre nom.",
        en="Have the text saved by a person with another name.",
    )


class DecisionMakerWithoutAccount(Refusal):
    sentence = Text(
        fr="Le mandat nomme {name} sans indiquer de compte : personne ne peut signer.",
        en="The mandate names {name} without an account: nobody can sign.",
    )
    way_out = Text(
        fr="Enregistrez un changement de décideur, avec le même nom et le code de son compte.",
        en="Record a change of decision maker, with the same name and the code of the account.",
    )


class OldProposal(Refusal):
    sentence = Text(
        fr="La proposition a changé depuis que cette décision a été rédigée.",
        en="The proposal has changed since this decision was drafted.",
    )
    way_out = Text(
        fr="Relisez la proposition et rédigez la décision de nouveau.",
        en="Read the proposal and draft the decision again.",
    )


@dataclass(frozen=True)
class DecisionText:
    """The content of a decision, as typed."""

    outcome: Outcome
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None

    def stripped(self) -> "DecisionText":
        """Without surrounding blanks. Raises ReasonMissing, NextStepMissing."""

        def strip(text: str | None) -> str | None:
            return (text or "").strip() or None

        reason, next_step, owner = strip(self.reason), strip(self.next_step), strip(self.owner)
        if reason is None:
            raise ReasonMissing
        if self.outcome in RETAINED_OUTCOMES and not (next_step and self.due_on and owner):
            raise NextStepMissing
        return replace(self, reason=reason, next_step=next_step, owner=owner)


@dataclass(frozen=True)
class Decision:
    """The current decision as stored: a draft, or the last one that was signed or published."""

    proposal_id: UUID
    project_id: UUID
    version: int
    state: DecisionStatus
    proposal_version: int
    outcome: Outcome
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None
    drafter: str
    drafted_by: str
    drafted_on: date
    signer: str | None = None
    signed_by_name: str | None = None
    signed_by_role: str | None = None
    signed_on: date | None = None
    signer_account: str | None = None

    def sign(
        self, signer: "Signer", decision_maker: "DecisionMaker", listed_version: int, today: date
    ) -> "Decision":
        """Sign with the account that the mandate names; the drafter has another account and name.

        Raises NothingToSign, OldProposal, DecisionMakerWithoutAccount, SignedByAnother,
        DraftedByTheSigner, DraftedUnderTheSameName."""
        if self.state != DecisionStatus.DRAFTED:
            raise NothingToSign
        if self.proposal_version != listed_version:
            raise OldProposal
        if not decision_maker.account:
            raise DecisionMakerWithoutAccount(name=decision_maker.name)
        if signer.account != decision_maker.account:
            raise SignedByAnother(name=decision_maker.name)
        if signer.subject == self.drafter:
            raise DraftedByTheSigner
        for name in (decision_maker.name, signer.name):
            if same_name(self.drafted_by, name):
                raise DraftedUnderTheSameName(name=name)
        return replace(
            self,
            version=self.version + 1,
            state=DecisionStatus.SIGNED,
            signer=signer.subject,
            signer_account=signer.account,
            signed_by_name=decision_maker.name,
            signed_by_role=decision_maker.role,
            signed_on=today,
        )


@dataclass(frozen=True)
class DecisionMaker:
    """The decision maker of the mandate; the account is empty if the mandate names none."""

    name: str
    role: str
    account: str


@dataclass(frozen=True)
class Signer:
    """A member of staff about to sign, by the claims of their token."""

    subject: str
    name: str
    account: str


@dataclass(frozen=True)
class Drafter:
    subject: str
    name: str


def draft(
    current: Decision | None,
    proposal_id: UUID,
    project_id: UUID,
    proposal_version: int,
    typed: DecisionText,
    drafter: Drafter,
    version_read: int,
    today: date,
) -> Decision:
    """A new draft, without the signature of the text that it replaces.

    A published decision stays in force until its revision is signed and published as well.
    Raises DecisionChanged, ReasonMissing, NextStepMissing.
    """
    if version_read != (current.version if current else 0):
        raise DecisionChanged
    text = typed.stripped()
    return Decision(
        proposal_id=proposal_id,
        project_id=project_id,
        version=version_read + 1,
        state=DecisionStatus.DRAFTED,
        proposal_version=proposal_version,
        outcome=text.outcome,
        reason=text.reason,
        next_step=text.next_step,
        due_on=text.due_on,
        owner=text.owner,
        drafter=drafter.subject,
        drafted_by=drafter.name,
        drafted_on=today,
    )


def same_name(first: str, second: str) -> bool:
    """Compare names without regard to capitals, blanks, punctuation and Unicode composition."""

    def plain(name: str) -> str:
        folded = unicodedata.normalize("NFKC", name).casefold()
        return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", folded)))

    return plain(first) == plain(second)
