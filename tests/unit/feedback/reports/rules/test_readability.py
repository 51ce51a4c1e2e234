"""The readability score."""

from services.feedback.reports.rules.readability import readability


def test_plain_words_read_better_than_administrative_ones() -> None:
    plain = "Vous devez de l'argent. Payez avant le 3 mai. Appelez-nous pour payer en trois fois."
    heavy = (
        "Conformément aux dispositions réglementaires susmentionnées, le recouvrement de"
        " l'indu constaté s'effectuera mensuellement par compensation sur vos prestations"
        " ultérieures, sauf régularisation anticipée dûment justifiée auprès de l'organisme."
    )
    easy, hard = readability(plain, "fr"), readability(heavy, "fr")
    assert easy.score > 60 > hard.score
    assert hard.words_per_sentence > 20
    assert easy.words_per_sentence < 9
    assert readability("You owe money to the office. Pay by May 3.", "en").score > 80
    # An English hint on a French text is about the French, not about bad English.
    assert readability(heavy, "en").score == hard.score
    assert readability(heavy, "en").hint != hard.hint
    assert readability("  ", "fr").hint
