"""Audiences and quotas use codes that exist, or are refused with the codes that resemble them."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from console.commands import project_files
from services.campaigns.launches.rules_audiences import (
    CodedAudience,
    UnknownValues,
    coded_audience,
    unused_criteria,
)
from services.campaigns.launches.use_cases import vocabulary
from services.contracts import codes
from services.contracts.http.campaigns import CampaignSheet

CASES = Path(__file__).parents[3] / "cases"


def coded(audience: Any = None, by: str | None = None, quotas: Any = None) -> CodedAudience:
    codes_and_members = vocabulary({"region": frozenset({"nord"})})
    return coded_audience(audience or {}, by, quotas or {}, codes_and_members)


def refused(*arguments: Any) -> list[str]:
    with pytest.raises(UnknownValues) as refusal:
        coded(*arguments)
    assert refusal.value.status == 422
    assert len(refusal.value.details("fr")) == len(refusal.value.details("en"))
    return refusal.value.details("en")


def campaign_file(file: str, folder: Path) -> CampaignSheet:
    """The campaign file of a case, with the project that it leaves out."""
    copy = folder / "campaign.yaml"
    content = (CASES / file).read_text(encoding="utf-8")
    copy.write_text(f"{content}project_id: {uuid4()}\n", encoding="utf-8")
    return project_files.read_campaign(copy)


def coded_sheet(sheet: CampaignSheet) -> CodedAudience:
    assert sheet.quotas
    return coded(sheet.audience, sheet.quotas.attribute, sheet.quotas.wanted)


def test_labels_as_screens_print_them_resolve_to_their_codes(tmp_path: Path) -> None:
    typed = coded_sheet(
        campaign_file("17-quotas-nobody-matches/campaign-typed-by-hand.yaml", tmp_path)
    )
    assert typed.quotas == {"18-34": 10, "65+": 10}
    for attribute, labels in codes.ATTRIBUTES.items():
        for code, label in labels.items():
            for text in (code, label.fr, label.en):
                (resolved,) = coded({attribute: [text]}).audience[attribute]
                assert codes.label_of(attribute, resolved) in (
                    label,
                    codes.label_of(attribute, code),
                )


def test_a_misspelt_attribute_is_refused_with_the_existing_ones(tmp_path: Path) -> None:
    sheet = campaign_file("17-quotas-nobody-matches/campaign-attribute-misspelt.yaml", tmp_path)
    with pytest.raises(UnknownValues) as refusal:
        coded_sheet(sheet)
    assert refusal.value.details("en") == [
        "“Region” is not an attribute; the attributes are: age_band, digital, region.",
        "“age band” is not an attribute; the attributes are: age_band, digital, region.",
    ]


def test_an_unknown_value_is_refused_with_the_nearest() -> None:
    assert refused({"digital": ["seldom"]}) == [
        "“seldom” is not a value of digital; the nearest are: never, often, sometimes."
    ]
    assert "bretagne" in refused({"region": ["bretange"]})[0]
    assert refused(None, "age_band", {"18-29": 3, "30+": 4})
    (line,) = refused({"region": ["qwxz"]})
    assert line.count(",") >= 2, "some codes are named even where none resembles"
    assert "none resembles it" in line, "examples are not called the nearest"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Bouche du Rhone", "13 (Bouches-du-Rhône)"),
        ("Seine St Denis", "93 (Seine-Saint-Denis)"),
        ("Haute Corse 2", "2b (Haute-Corse)"),
        ("Department of Gironde", "33 (Gironde)"),
        ("Brittanny", "bretagne"),
        ("Alsace", "grand-est"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_code_that_it_resembles(
    text: str, nearest: str
) -> None:
    """Codes of départements are numbers: no name resembles them, and they show no name."""
    (line,) = refused({"region": [text]})
    assert nearest in line


@pytest.mark.parametrize("text", ["18-24", "36-49", "40", "70+", "Moins de 18 ans", "18-65"])
def test_a_part_of_a_band_is_not_widened_to_the_band(text: str) -> None:
    """Else people outside the audience would be asked."""
    assert refused({"age_band": [text]})


@pytest.mark.parametrize("text", ["Alsace", "auvergne", "Nord Pas de Calais"])
def test_a_part_of_a_region_is_not_widened_to_the_region(text: str) -> None:
    assert refused({"region": [text]})


def test_a_code_that_members_have_is_known_before_any_list() -> None:
    assert coded({"region": ["nord"]}).audience == {"region": ["nord"]}


def test_an_attribute_without_values_and_a_repeated_stratum_are_refused() -> None:
    assert refused({"region": []}) == [
        "region: without a value, this attribute selects nobody; name some, or remove it."
    ]
    assert refused(None, "age_band", {"65+": 5, "65 ans et plus": 5}) == [
        "age_band: several quotas mean “65+”; keep only one."
    ]


def test_numbers_of_departments_need_no_quotes_in_a_file(tmp_path: Path) -> None:
    sheet = campaign_file("15-codes-that-lost-their-zero/campaign.yaml", tmp_path)
    assert coded_sheet(sheet).quotas == {"01": 2, "2a": 1, "la-reunion": 1}
    assert yaml.safe_load("010") == 8, "why the sheets' own reader takes no octal numbers"
    for text, code in (("010", "10"), ("07", "07"), ("08", "08"), ("2", "02"), ("4.0", "04")):
        file = tmp_path / "other.yaml"
        file.write_text(
            f"project_id: {uuid4()}\ntitle: x\nwanted: 3\naudience: {{region: [{text}]}}\n"
        )
        assert coded(project_files.read_campaign(file).audience).audience == {"region": [code]}


def test_criteria_that_no_member_has_are_listed() -> None:
    member_codes = {"region": frozenset({"bretagne"}), "age_band": frozenset({"65+"})}
    audience = {"region": ["bretagne", "corse"], "digital": ["often"]}
    assert unused_criteria(audience, member_codes) == [("region", "corse"), ("digital", "often")]
