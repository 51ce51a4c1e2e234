"""An audience and its quotas name codes that exist, or are refused with those that do."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from console.commands import project_files as sheets
from services.campaigns.launches.rules_audiences import (
    Asked,
    UnknownValues,
    held_by_nobody,
    in_codes,
)
from services.campaigns.launches.use_cases import vocabulary
from services.contracts import codes
from services.contracts.http.campaigns import CampaignSheet

CASES = Path(__file__).parents[3] / "cases"


def asked(audience: Any = None, by: str | None = None, quotas: Any = None) -> Asked:
    return in_codes(audience or {}, by, quotas or {}, vocabulary({"region": frozenset({"nord"})}))


def refused(*given: Any) -> list[str]:
    with pytest.raises(UnknownValues) as refusal:
        asked(*given)
    assert refusal.value.status == 422
    assert len(refusal.value.details("fr")) == len(refusal.value.details("en"))
    return refusal.value.details("en")


def sheet(file: str, folder: Path) -> CampaignSheet:
    """A case's sheet with the project that it leaves out."""
    copy = folder / "campaign.yaml"
    written = (CASES / file).read_text(encoding="utf-8")
    copy.write_text(f"{written}project_id: {uuid4()}\n", encoding="utf-8")
    return sheets.read_campaign(copy)


def of_sheet(read: CampaignSheet) -> Asked:
    assert read.quotas
    return asked(read.audience, read.quotas.attribute, read.quotas.wanted)


def test_values_as_the_screen_prints_them_are_their_codes(tmp_path: Path) -> None:
    typed = of_sheet(sheet("17-quotas-nobody-matches/campaign-typed-by-hand.yaml", tmp_path))
    assert typed.quotas == {"18-34": 10, "65+": 10}
    for attribute, labels in codes.ATTRIBUTES.items():
        for code, label in labels.items():
            for written in (code, label.fr, label.en):
                (found,) = asked({attribute: [written]}).audience[attribute]
                assert codes.label_of(attribute, found) in (label, codes.label_of(attribute, code))


def test_a_misspelt_attribute_is_refused_naming_those_that_exist(tmp_path: Path) -> None:
    read = sheet("17-quotas-nobody-matches/campaign-attribute-misspelt.yaml", tmp_path)
    with pytest.raises(UnknownValues) as refusal:
        of_sheet(read)
    assert refusal.value.details("en") == [
        "“Region” is no attribute; there are age_band, digital, region.",
        "“age band” is no attribute; there are age_band, digital, region.",
    ]


def test_an_unknown_value_is_refused_naming_the_nearest() -> None:
    assert refused({"digital": ["seldom"]}) == [
        "“seldom” is no value of digital; the nearest are: never, often, sometimes."
    ]
    assert "bretagne" in refused({"region": ["bretange"]})[0]
    assert refused(None, "age_band", {"18-29": 3, "30+": 4})
    (line,) = refused({"region": ["qwxz"]})
    assert line.count(",") >= 2, "some codes are named even where none resembles"
    assert "none resembles it" in line, "examples are not called the nearest"


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("Bouche du Rhone", "13 (Bouches-du-Rhône)"),
        ("Seine St Denis", "93 (Seine-Saint-Denis)"),
        ("Haute Corse 2", "2b (Haute-Corse)"),
        ("Department of Gironde", "33 (Gironde)"),
        ("Brittanny", "bretagne"),
        ("Alsace", "grand-est"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_code_that_it_resembles(
    written: str, nearest: str
) -> None:
    """Codes of départements are numbers: no name resembles them, and none is told by them."""
    (line,) = refused({"region": [written]})
    assert nearest in line


@pytest.mark.parametrize("written", ["18-24", "36-49", "40", "70+", "Moins de 18 ans", "18-65"])
def test_a_part_of_a_band_is_not_widened_to_the_band(written: str) -> None:
    """Else people would be asked whom nobody meant."""
    assert refused({"age_band": [written]})


@pytest.mark.parametrize("written", ["Alsace", "auvergne", "Nord Pas de Calais"])
def test_a_part_of_a_region_is_not_widened_to_the_region(written: str) -> None:
    assert refused({"region": [written]})


def test_a_code_that_members_have_is_known_before_any_list() -> None:
    assert asked({"region": ["nord"]}).audience == {"region": ["nord"]}


def test_an_attribute_without_values_and_a_stratum_named_twice_are_refused() -> None:
    assert refused({"region": []}) == [
        "region: no value, hence nobody; name some, or remove this attribute."
    ]
    assert refused(None, "age_band", {"65+": 5, "65 ans et plus": 5}) == [
        "age_band: several quotas mean “65+”; keep one."
    ]


def test_numbers_of_departments_need_no_quotes_in_a_sheet(tmp_path: Path) -> None:
    read = sheet("15-codes-that-lost-their-zero/campaign.yaml", tmp_path)
    assert of_sheet(read).quotas == {"01": 2, "2a": 1, "la-reunion": 1}
    assert yaml.safe_load("010") == 8, "why the sheets' own reader takes no octal numbers"
    for written, code in (("010", "10"), ("07", "07"), ("08", "08"), ("2", "02"), ("4.0", "04")):
        file = tmp_path / "other.yaml"
        file.write_text(
            f"project_id: {uuid4()}\ntitle: x\nwanted: 3\naudience: {{region: [{written}]}}\n"
        )
        assert asked(sheets.read_campaign(file).audience).audience == {"region": [code]}


def test_the_part_of_an_audience_that_nobody_has_is_named() -> None:
    held = {"region": frozenset({"bretagne"}), "age_band": frozenset({"65+"})}
    audience = {"region": ["bretagne", "corse"], "digital": ["often"]}
    assert held_by_nobody(audience, held) == [("region", "corse"), ("digital", "often")]
