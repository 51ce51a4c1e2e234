"""Causes of refusals: only an address that does not exist is the recipient's."""

import csv
from pathlib import Path

import pytest

from services.registry.deliveries.replies import LONGEST_REPLY, Cause, Reply, Stage

CASE = Path(__file__).parents[3] / "cases" / "30-permanent-codes-that-are-not-the-recipients"
STAGES = {"rcpt": Stage.RECIPIENT, "data": Stage.CONTENT}
REPLIES = list(csv.DictReader((CASE / "replies.tsv").read_text().splitlines(), delimiter="\t"))


def judged(stage: Stage, line: str) -> Cause:
    code, _, text = line.partition(" ")
    return Reply(stage, int(code), text).cause


@pytest.mark.parametrize(
    "row", REPLIES, ids=lambda row: f"{row['stage']} {row['code']} {row['text']}"
)
def test_case_30_only_a_mailbox_that_does_not_exist_is_the_recipients(row: dict[str, str]) -> None:
    reply = Reply(STAGES[row["stage"]], int(row["code"]), row["text"])
    assert (reply.cause is Cause.RECIPIENT) == (row["right"] == "rejected")
    if "alarm" in row["right"]:
        assert reply.concerns_sender


@pytest.mark.parametrize(
    "line",
    [
        "550 5.1.1 <zoe@example.test>: Recipient address rejected: User unknown in table",
        "550 5.1.2 Bad destination system address",
        "501 5.1.3 Bad recipient address syntax",
        "551 5.1.6 Mailbox has moved",
        "556 5.1.10 Recipient address has a null MX",
        "550 5.4.310 DNS domain does not exist",
        "550 No such user here",
        "550 Unknown user",
        "550 5.1.0 Address rejected: user unknown",
        "550-5.1.1 The email account that you tried to reach does not exist",
        "550 Requested action not taken: mailbox unavailable: invalid recipient",
        "550 Adresse d'au moins un destinataire invalide",
        "550 5.1.1 <slater.policy@spam.example>: User unknown, see https://example/blocked?later",
    ],
)
def test_an_address_that_does_not_exist_is_refused(line: str) -> None:
    assert (
        judged(Stage.RECIPIENT, line.replace("-", " ", 1) if line[3] == "-" else line)
        is Cause.RECIPIENT
    )


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("550 5.1.7 Bad sender's mailbox address syntax", Cause.POLICY),
        ("550 5.1.8 Bad sender's system address", Cause.POLICY),
        ("550 5.1.0 <panel@example.test>: Sender address rejected: User unknown", Cause.POLICY),
        ("550 5.1.1 Message blocked due to the reputation of your IP", Cause.POLICY),
        ("550 5.1.1 Service refused, please try later", Cause.LATER),
        ("450 5.1.1 User unknown", Cause.TEMPORARY),
        ("550 4.2.1 Mailbox busy", Cause.LATER),
        ("550 5.7.1 Relaying denied", Cause.POLICY),
        ("550 5.7.26 unauthenticated mail is prohibited (SPF, DKIM)", Cause.POLICY),
        ("550 5.7.509 Access denied, sending domain does not pass DMARC", Cause.POLICY),
        ("550 5.2.0 Mail rejete. Mail rejected. OFR_506", Cause.POLICY),
        ("552 5.2.2 Mailbox full", Cause.MAILBOX),
        ("550 5.2.1 Mailbox disabled", Cause.MAILBOX),
        ("550 5.3.0 Other mail system status", Cause.POLICY),
        ("550 5.4.1 No answer from host", Cause.POLICY),
        ("554 5.5.0 Service refuse. Veuillez essayer plus tard.", Cause.LATER),
        ("550 Requested action not taken", Cause.UNCLEAR),
        ("550 mailbox unavailable", Cause.UNCLEAR),
        ("554 Transaction failed", Cause.UNCLEAR),
        ("503 Bad sequence of commands", Cause.UNCLEAR),
        ("550", Cause.UNCLEAR),
        ("550 5.1.10x odd", Cause.UNCLEAR),
        ("421 4.7.0 Too many connections", Cause.TEMPORARY),
    ],
)  # fmt: skip
def test_everything_else_waits(line: str, cause: Cause) -> None:
    assert judged(Stage.RECIPIENT, line) is cause


def test_a_bare_refusal_of_the_content_or_of_the_sender_is_never_the_recipients() -> None:
    assert judged(Stage.CONTENT, "550 No such user here") is Cause.UNCLEAR
    assert judged(Stage.SENDER, "550 No such user here") is Cause.POLICY


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("5.1.1 <zoe.durand@example.test>: User unknown", "550 5.1.1 … User unknown"),
        ("5.1.1 zoe.durand unknown", "550 5.1.1 … unknown"),
        ("5.1.1 mailbox of ZOÉ Durand is full", "550 5.1.1 mailbox of … is full"),
        ("5.7.1 see https://example.test/?u=zoe for details", "550 5.7.1 see … for details"),
        ("5.7.1 refused 8f14e45fceea167a5a36dedd4bea2543 today", "550 5.7.1 refused … today"),
        ("5.1.1 zoe.durand%40example.test", "550 5.1.1 …"),
        ("5.1.1 bounce-zoe.durand=example.test gone", "550 5.1.1 … gone"),
        ("5.7.1 a\x1b]52;c;x\x07b\r\nnext", "550 5.7.1 a ]52;c;x b next"),
    ],
)  # fmt: skip
def test_what_is_stored_of_a_reply_names_nobody(text: str, stored: str) -> None:
    reply = Reply(Stage.RECIPIENT, 550, text)
    assert reply.without_personal_data("zoe.durand@example.test", "Zoé Durand") == stored


@pytest.mark.parametrize(
    ("address", "stored"),
    [("li@example.test", "<li> unknown"), ("li.wu+x@example.test", "liwu unknown")],
)
def test_short_mailboxes_and_those_without_their_dots_are_not_stored(
    address: str, stored: str
) -> None:
    reply = Reply(Stage.RECIPIENT, 550, f"5.1.1 {stored}")
    assert reply.without_personal_data(address) == "550 5.1.1 … unknown"


def test_what_is_stored_of_a_reply_is_short() -> None:
    reply = Reply(Stage.RECIPIENT, 550, "word " * 500)
    assert len(reply.without_personal_data("zoe@example.test")) == LONGEST_REPLY
