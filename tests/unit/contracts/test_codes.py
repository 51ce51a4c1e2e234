"""A spelling means one code or none: whatever staff and files write, no group is split unseen."""

from zoneinfo import ZoneInfo

import pytest

from services.contracts.codes import (
    ATTRIBUTES,
    DEPARTMENTS,
    REGIONS,
    code_of,
    label_of,
    nearest,
    zones_of_postcode,
    zones_of_region,
)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_every_code_and_every_label_is_a_spelling_of_its_code(attribute: str) -> None:
    for code, label in ATTRIBUTES[attribute].items():
        for spelling in (code, code.upper(), label.fr, label.en, f" {label.fr.upper()} "):
            assert code_of(attribute, spelling) == code, spelling
        assert label_of(attribute, code) is not None


def test_spellings_of_one_age_band_fall_together() -> None:
    elders = (
        "65+|65 +|65 ans et plus|65 ans et +|65 ou plus|≥65|>= 65 ans|plus de 65 ans|70|+ de 65"
    )
    assert {code_of("age_band", spelling) for spelling in elders.split("|")} == {"65+"}
    young = "18-34|18–34|18 - 34 ans|de 18 à 34 ans|18/34|[18,34]|[18,35[|18-34ans|18_34|18-24|25"
    assert {code_of("age_band", spelling) for spelling in young.split("|")} == {"18-34"}


@pytest.mark.parametrize(
    "spelling", ["<18", "Moins de 18 ans", "60+", "30-40", "34-18", "vieux", ""]
)
def test_an_age_band_that_could_be_several_is_none(spelling: str) -> None:
    assert code_of("age_band", spelling) is None
    assert nearest("age_band", spelling) == ["18-34", "35-49", "50-64", "65+"]


def test_a_number_that_lost_its_zero_is_the_same_place() -> None:
    for spelling in ("01", "1", "1.0", "001"):
        assert code_of("region", spelling) == "01"
    assert code_of("region", "2A") == code_of("region", "2a") == "2a"
    assert code_of("region", "Corse-du-Sud (2A)") == "2a"
    assert code_of("region", "974") == code_of("region", "La Réunion") == "la-reunion"
    assert code_of("region", "20") == code_of("region", "Corse") == "corse"


def test_a_place_that_does_not_exist_is_no_code_and_has_neighbours() -> None:
    for spelling in ("99", "96", "Vienne (87)", "Nrod", "Atlantide"):
        assert code_of("region", spelling) is None
    assert nearest("region", "Bretgne")[0] == "bretagne"
    assert nearest("region", "Ile de Frnace")[0] == "ile-de-france"


def test_every_zone_exists_and_only_unclear_places_have_several_or_none() -> None:
    unclear = {code for code in (*REGIONS, *DEPARTMENTS) if len(zones_of_region(code)) != 1}
    assert unclear == {"polynesie-francaise", "etranger"}
    for code in REGIONS:
        for zone in zones_of_region(code):
            ZoneInfo(zone)


@pytest.mark.parametrize(
    ("postcode", "zone"),
    [
        ("35000", "Europe/Paris"),
        ("1000", "Europe/Paris"),
        ("20 000", "Europe/Paris"),
        ("97400", "Indian/Reunion"),
        ("97110", "America/Guadeloupe"),
        ("97133", "America/St_Barthelemy"),
        ("98713", "Pacific/Tahiti"),
        ("98742", "Pacific/Marquesas"),
        ("98755", "Pacific/Gambier"),
        ("98800", "Pacific/Noumea"),
    ],
)
def test_a_postcode_has_one_zone(postcode: str, zone: str) -> None:
    assert zones_of_postcode(postcode) == (zone,)


def test_what_is_no_french_postcode_has_no_zone() -> None:
    for postcode in ("", "SW1A 1AA", "00100", "99999", "98400", "٣٥٠٠٠"):
        assert zones_of_postcode(postcode) == ()
