"""The picture in the README is a screen that the console draws today."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "tests" / "console" / "__snapshots__" / "test_screens"


def test_the_picture_of_the_readme_is_the_recorded_screen() -> None:
    picture = ROOT / "docs" / "console.svg"
    recorded = SCREENS / "test_opt_ins_of_a_project[en].svg"
    assert picture.read_text() == recorded.read_text(), "copy the recorded screen to docs/"
