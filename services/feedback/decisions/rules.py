"""An answer to one proposal: drafted by one person, signed by the decision maker, published.

Charter: a formal return on the proposals, kept or not. Every outcome has its reason; what is kept
says what happens next, by when, and who sees to it; afterwards, what became of it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text

KEPT = ("retained", "partly")

_NEXT_STEPS: dict[str | None, tuple[str, ...]] = {
    None: ("planned", "under_way", "done", "given_up"),
    "planned": ("planned", "under_way", "done", "given_up"),
    "under_way": ("under_way", "done", "given_up"),
    "done": (),
    # An administration may think better of it; what was said stays.
    "given_up": ("planned", "under_way"),
}

PROGRESS_NAMES = {
    "planned": Text(fr="prévu", en="planned"),
    "under_way": Text(fr="en cours", en="under way"),
    "done": Text(fr="fait", en="done"),
    "given_up": Text(fr="abandonné", en="given up"),
}


class NotListed(Refusal):
    sentence = Text(
        fr="Cette proposition ne figure dans aucune synthèse terminée : elle n'attend pas encore"
        " de décision.",
        en="No finished synthesis lists this proposal: it does not wait for a decision yet.",
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
        fr="Une décision dit toujours pourquoi, quelle qu'elle soit.",
        en="A decision always says why, whatever it is.",
    )
    way_out = Text(fr="Écrivez le motif.", en="Write the reason.")


class NextStepMissing(Refusal):
    status = 422
    sentence = Text(
        fr="Ce qui est retenu, en tout ou partie, dit la suite, l'échéance et qui en répond.",
        en="What is retained, wholly or partly, says what happens next, by when, and who does it.",
    )
    way_out = Text(
        fr="Complétez la suite, l'échéance et le nom du responsable.",
        en="Fill in the next step, the day and the owner.",
    )


class NothingToSign(Refusal):
    sentence = Text(
        fr="Il n'y a pas de projet de décision à signer.", en="There is no draft to be signed."
    )
    way_out = Text(fr="Rédigez la décision d'abord.", en="Draft the decision first.")


class SignedByAnother(Refusal):
    status = 403
    sentence = Text(
        fr="Le mandat dit que c'est {name} qui décide, et ce n'est pas votre compte.",
        en="The mandate says that {name} decides, and this is not your account.",
    )
    way_out = Text(
        fr="Demandez-lui de signer, ou changez le décideur du mandat : c'est un acte public, avec"
        " son motif.",
        en="Ask them to sign, or change who decides: a public act, with its reason.",
    )


class DraftedByTheSigner(Refusal):
    status = 403
    sentence = Text(
        fr="Vous avez rédigé cette décision : quelqu'un d'autre rédige ce que vous signez.",
        en="You drafted this decision: somebody else drafts what you sign.",
    )
    way_out = Text(
        fr="Faites enregistrer le texte par une autre personne.",
        en="Have another person save the text.",
    )


class DraftedUnderTheSameName(Refusal):
    status = 403
    sentence = Text(
        fr="Cette décision a été rédigée sous le nom de {name}, qui est aussi celui de la"
        " signature : quelqu'un d'autre rédige ce qui est signé.",
        en="This decision was drafted under the name of {name}, which is also the name of the"
        " signature: somebody else drafts what is signed.",
    )
    way_out = Text(
        fr="Faites enregistrer le texte par une personne qui porte un autre nom.",
        en="Have the text saved by a person with another name.",
    )


class DecisionMakerWithoutAccount(Refusal):
    sentence = Text(
        fr="Le mandat nomme {name} sans dire son compte : personne ne peut signer.",
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


class NotFollowed(Refusal):
    sentence = Text(
        fr="Seule une décision publiée qui retient la proposition, en tout ou partie, est suivie.",
        en="Only a published decision that retains its proposal, wholly or partly, is followed up.",
    )
    way_out = Text(
        fr="Publiez d'abord la décision avec le retour ; ce qui n'est pas retenu n'a pas de suite.",
        en="Publish the decision with the report first; nothing follows what is not retained.",
    )


class StepOutOfOrder(Refusal):
    sentence = Text(
        fr="Cette proposition est déjà à l'étape « {fr} ».",
        en="This proposal is at the step “{en}” already.",
    )
    way_out = Text(
        fr="Ce qui est dit reste : choisissez une étape qui vient après.",
        en="What was said stays: choose a step that comes after.",
    )

    def __init__(self, progress: str) -> None:
        name = PROGRESS_NAMES[progress]
        super().__init__(fr=name.fr, en=name.en)


class GivenUpWithoutReason(Refusal):
    status = 422
    sentence = Text(
        fr="Renoncer à ce qui était retenu se justifie.",
        en="Giving up what was retained needs a reason.",
    )
    way_out = Text(fr="Écrivez pourquoi.", en="Write why.")


@dataclass(frozen=True)
class Written:
    """What a decision says, as somebody typed it."""

    outcome: str
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None

    def tidied(self) -> "Written":
        """Without blanks around. Raises ReasonMissing, NextStepMissing."""

        def said(text: str | None) -> str | None:
            return (text or "").strip() or None

        reason, next_step, owner = said(self.reason), said(self.next_step), said(self.owner)
        if reason is None:
            raise ReasonMissing
        if self.outcome in KEPT and not (next_step and self.due_on and owner):
            raise NextStepMissing
        return replace(self, reason=reason, next_step=next_step, owner=owner)


@dataclass(frozen=True)
class Decision:
    """The answer being written, or the last one; as stored."""

    proposal_id: UUID
    project_id: UUID
    version: int
    state: str
    proposal_version: int
    outcome: str
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

    def sign(self, signer: "Signer", maker: "Maker", listed: int, today: date) -> "Decision":
        """By the account that the mandate names; drafter and signer differ in account and name.

        Raises NothingToSign, OldProposal, DecisionMakerWithoutAccount, SignedByAnother,
        DraftedByTheSigner, DraftedUnderTheSameName."""
        if self.state != "drafted":
            raise NothingToSign
        if self.proposal_version != listed:
            raise OldProposal
        if not maker.account:
            raise DecisionMakerWithoutAccount(name=maker.name)
        if signer.account != maker.account:
            raise SignedByAnother(name=maker.name)
        if signer.subject == self.drafter:
            raise DraftedByTheSigner
        for name in (maker.name, signer.name):
            if same_name(self.drafted_by, name):
                raise DraftedUnderTheSameName(name=name)
        return replace(
            self,
            version=self.version + 1,
            state="signed",
            signer=signer.subject,
            signer_account=signer.account,
            signed_by_name=maker.name,
            signed_by_role=maker.role,
            signed_on=today,
        )


@dataclass(frozen=True)
class Maker:
    """Who decides, by the mandate; no account where it was published without."""

    name: str
    role: str
    account: str


@dataclass(frozen=True)
class Signer:
    """A person about to sign, as their token says."""

    subject: str
    name: str
    account: str


@dataclass(frozen=True)
class Drafter:
    subject: str
    name: str


def draft(
    held: Decision | None,
    proposal_id: UUID,
    project_id: UUID,
    proposal_version: int,
    written: Written,
    drafter: Drafter,
    version_read: int,
    today: date,
) -> Decision:
    """A draft, whatever there was: a signature is on one exact text, so a new text has none.

    What is published stays as it is until the revision is signed and published as well.
    Raises DecisionChanged, ReasonMissing, NextStepMissing.
    """
    if version_read != (held.version if held else 0):
        raise DecisionChanged
    said = written.tidied()
    return Decision(
        proposal_id=proposal_id,
        project_id=project_id,
        version=version_read + 1,
        state="drafted",
        proposal_version=proposal_version,
        outcome=said.outcome,
        reason=said.reason,
        next_step=said.next_step,
        due_on=said.due_on,
        owner=said.owner,
        drafter=drafter.subject,
        drafted_by=drafter.name,
        drafted_on=today,
    )


def follow(
    outcome: str | None, steps: Sequence[str], progress: str, note: str | None
) -> str | None:
    """What is noted with the next step; `outcome` is the published one, `steps` those before.

    Raises NotFollowed, StepOutOfOrder, GivenUpWithoutReason."""
    if outcome not in KEPT:
        raise NotFollowed
    last = steps[-1] if steps else None
    if progress not in _NEXT_STEPS[last]:
        assert last is not None
        raise StepOutOfOrder(last)
    said = (note or "").strip() or None
    if progress == "given_up" and said is None:
        raise GivenUpWithoutReason
    return said


def same_name(one: str, other: str) -> bool:
    """Names as people write them: accents composed or not, capitals, blanks and punctuation."""

    def plain(name: str) -> str:
        folded = unicodedata.normalize("NFKC", name).casefold()
        return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", folded)))

    return plain(one) == plain(other)
