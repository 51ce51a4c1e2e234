"""What can be done with one decision and with the report, from whichever screen shows them."""

from __future__ import annotations

from abc import abstractmethod
from asyncio import gather
from typing import TYPE_CHECKING
from uuid import UUID

from console.client.requests import written
from console.presenters.decisions import signing, why_not_followed, why_not_signed
from console.presenters.project_status import publication
from console.presenters.styled_text import Said, signed
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
        """What was read of the project, if anything."""

    def action_report(self) -> None:
        if account := self.account():
            self.panel.report_for(account.standing.project_id)

    def action_publish_report(self) -> None:
        """Read what would stop it and how many are touched; then ask, or say what stops it."""
        account = self.account()
        if account is None:
            return
        id = account.standing.project_id

        async def look(client: StaffClient) -> tuple[ProjectAccount, ReportPreview, ProjectView]:
            return await gather(
                client.project_account(id), client.preview_report(id), client.project(id)
            )

        self.act(look, lambda seen: self._ask_to_publish(*seen))

    def _ask_to_publish(
        self, account: ProjectAccount, preview: ReportPreview, project: ProjectView
    ) -> None:
        language = self.language
        if preview.blocked_by:
            reasons = [Said(fold(f"  · {reason}", _WIDTH)) for reason in preview.blocked_by]
            heading = signed(Said(STOPPED.in_(language), "attention"))
            self.app.push_screen(NewsScreen(heading, *reasons))
            return

        def go(confirmed: bool | None) -> None:
            if confirmed:
                asked = written(PublishReport, language, version=account.report.version)
                id = account.standing.project_id
                self.act(lambda client: client.publish_report(id, asked), self._published)

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
        if one := self.chosen():
            self.app.push_screen(DecisionForm(one, self._names_me), self._drafted)

    @property
    def _names_me(self) -> bool:
        """Whether the mandate names who is signed in; the service compares as leniently."""
        person = self.panel.person
        return person is not None and person.name.casefold() == self.maker.casefold()

    def _drafted(self, one: DecisionView | None) -> None:
        if one:
            words = SAVED_BY_THE_SIGNER if self._names_me else SAVED
            self.notify(f"✓ {words.in_(self.language, who=self.maker)}", timeout=3)
            self.want()

    def action_sign(self) -> None:
        one, language = self.chosen(), self.language
        if one is None:
            return
        if why := why_not_signed(one, language):
            self.app.push_screen(NewsScreen(Said(fold(signed(why).text, _WIDTH), why.tone)))
            return

        def go(confirmed: bool | None) -> None:
            if confirmed:
                read = written(SignDecision, language, version=one.version)
                id: UUID = one.proposal_id
                self.act(lambda client: client.sign_decision(id, read), self._signed)

        sentence = signing(one, self.maker, self.panel.today, language)
        self.app.push_screen(ConfirmScreen(SIGN, sentence, DO_SIGN), go)

    def _signed(self, _: DecisionView) -> None:
        self.notify(f"✓ {SIGNED.in_(self.language)}", timeout=3)

    def action_follow_up(self) -> None:
        one = self.chosen()
        if one is None:
            return
        if why := why_not_followed(one, self.language):
            self.app.push_screen(NewsScreen(Said(fold(signed(why).text, _WIDTH), why.tone)))
            return
        self.app.push_screen(FollowUpForm(one), self._recorded)

    def _recorded(self, one: DecisionView | None) -> None:
        if one:
            self.notify(f"✓ {RECORDED.in_(self.language)}", timeout=3)
            self.want()

    def action_copy_proposal_id(self) -> None:
        if one := self.chosen():
            self.panel.copy_id(str(one.proposal_id))
