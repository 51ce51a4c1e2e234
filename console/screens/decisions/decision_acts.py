"""Actions on one decision and on the report, for every screen that shows them."""

from __future__ import annotations

from abc import abstractmethod
from asyncio import gather
from typing import TYPE_CHECKING
from uuid import UUID

from console.client.requests import build_request
from console.presenters.decisions import signing, why_not_followed, why_not_signed
from console.presenters.project_status import publication
from console.presenters.styled_text import Phrase, with_sign
from console.routes import ReportRoute
from console.screens.acts import ActingScreen
from console.screens.base import S
from console.screens.decisions.decision_forms import DecisionForm, FollowUpForm
from console.screens.dialogs import ConfirmScreen, NewsScreen
from console.words import Text, fold
from services.contracts.http.feedback import PublishReport, SignDecision

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.campaigns import ProjectView
    from services.contracts.http.feedback import DecisionView, ProjectAccount, ReportPreview

_WIDTH = 66

SAVED = Text(fr="Enregistrée : {who} peut la signer.", en="Saved: {who} can sign it.")
SAVED_BY_THE_SIGNER = Text(
    fr="Enregistrée. Une autre personne l'enregistrera avant que vous signiez.",
    en="Saved. Another person will save it before you sign.",
)
SIGN = Text(fr="Signer la décision", en="Sign the decision")
DO_SIGN = Text(fr="signer", en="sign")
SIGNED = Text(fr="Signée. Le retour la rendra publique.", en="Signed. The report makes it public.")
RECORDED = Text(fr="L'étape est enregistrée et publique.", en="The step is recorded and public.")
PUBLISH = Text(fr="Publier le retour", en="Publish the report")
DO_PUBLISH = Text(fr="publier", en="publish")
WORD = Text(fr="PUBLIER", en="PUBLISH")
PUBLISHED = Text(
    fr="Le retour est publié : chaque participant va recevoir un avis.",
    en="The report is published: every participant will get a notice.",
)
STOPPED = Text(fr="Avant de publier le retour :", en="Before the report can be published:")


class AccountActs(ActingScreen[S]):
    """A screen that shows a project's account, or a part of it."""

    @abstractmethod
    def account(self) -> ProjectAccount | None:
        """The project's account in the snapshot, if there is one."""

    def action_report(self) -> None:
        if account := self.account():
            self.shell.open(ReportRoute(account.standing.project_id))

    def action_publish_report(self) -> None:
        """Read what would stop it and how many are touched; then ask, or say what stops it."""
        account = self.account()
        if account is None:
            return
        id = account.standing.project_id

        async def fetch_all(
            client: StaffClient,
        ) -> tuple[ProjectAccount, ReportPreview, ProjectView]:
            return await gather(
                client.project_account(id), client.preview_report(id), client.project(id)
            )

        self.act(fetch_all, lambda preview: self._ask_to_publish(*preview))

    def _ask_to_publish(
        self, account: ProjectAccount, preview: ReportPreview, project: ProjectView
    ) -> None:
        language = self.language
        if preview.blocked_by:
            reasons = [Phrase(fold(f"  · {reason}", _WIDTH)) for reason in preview.blocked_by]
            heading = with_sign(Phrase(STOPPED.in_(language), "attention"))
            self.app.push_screen(NewsScreen(heading, *reasons))
            return

        def go(confirmed: bool | None) -> None:
            if confirmed:
                order = build_request(PublishReport, language, version=account.report.version)
                id = account.standing.project_id
                self.act(lambda client: client.publish_report(id, order), self._published)

        sentence = publication(account, project, language)
        self.app.push_screen(ConfirmScreen(PUBLISH, sentence, DO_PUBLISH, WORD), go)

    def _published(self, _: ProjectAccount) -> None:
        self.notify(f"✓ {PUBLISHED.in_(self.language)}", timeout=3)


class DecisionActs(AccountActs[S]):
    """A screen on which one decision is meant."""

    @abstractmethod
    def chosen(self) -> DecisionView | None:
        """The decision that is meant, if any."""

    @property
    def maker(self) -> str:
        account = self.account()
        return account.standing.decision_maker if account else "?"

    def action_edit_decision(self) -> None:
        if decision := self.chosen():
            self.app.push_screen(DecisionForm(decision, self._names_me), self._drafted)

    @property
    def _names_me(self) -> bool:
        """Whether the mandate names who is signed in; the service compares as leniently."""
        person = self.shell.person
        return person is not None and person.name.casefold() == self.maker.casefold()

    def _drafted(self, decision: DecisionView | None) -> None:
        if decision:
            sentence = SAVED_BY_THE_SIGNER if self._names_me else SAVED
            self.notify(f"✓ {sentence.in_(self.language, who=self.maker)}", timeout=3)
            self.want()

    def action_sign(self) -> None:
        decision, language = self.chosen(), self.language
        if decision is None:
            return
        if why := why_not_signed(decision, language):
            self.app.push_screen(NewsScreen(Phrase(fold(with_sign(why).text, _WIDTH), why.tone)))
            return

        def go(confirmed: bool | None) -> None:
            if confirmed:
                order = build_request(SignDecision, language, version=decision.version)
                id: UUID = decision.proposal_id
                self.act(lambda client: client.sign_decision(id, order), self._signed)

        sentence = signing(decision, self.maker, self.shell.today, language)
        self.app.push_screen(ConfirmScreen(SIGN, sentence, DO_SIGN), go)

    def _signed(self, _: DecisionView) -> None:
        self.notify(f"✓ {SIGNED.in_(self.language)}", timeout=3)

    def action_follow_up(self) -> None:
        decision = self.chosen()
        if decision is None:
            return
        if why := why_not_followed(decision, self.language):
            self.app.push_screen(NewsScreen(Phrase(fold(with_sign(why).text, _WIDTH), why.tone)))
            return
        self.app.push_screen(FollowUpForm(decision), self._recorded)

    def _recorded(self, decision: DecisionView | None) -> None:
        if decision:
            self.notify(f"✓ {RECORDED.in_(self.language)}", timeout=3)
            self.want()

    def action_copy_proposal_id(self) -> None:
        if decision := self.chosen():
            self.shell.copy_id(str(decision.proposal_id))
