"""Report settings, tables and texts of a LimeSurvey file that cannot be imported.

Those that concern only the layout, the statistics or the export are passed over. A setting that is
not listed may matter, and is reported.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from services.contracts.http.questionnaires import Words
from services.responses.questionnaires.imports import reasons
from services.responses.questionnaires.imports.draft import Draft
from services.responses.questionnaires.imports.lss_tables import Row, Tables
from services.responses.questionnaires.imports.markup import names
from services.runtime.text import Text

Settings = Mapping[str, str]

_OFF = frozenset(("", "0", "n", "no", "off", "none", "normal", "default", "false"))
_LOOKS = names(
    """
    cssclass hide_tip page_break printable_help text_input_width text_input_columns
    input_size display_rows display_columns display_type label_input_columns answer_width
    answer_width_bycolumn choice_input_columns dropdown_size dropdown_prefix
    category_separator dropdown_separators samechoiceheight samelistheight showpopups
    use_dropdown choice_title rank_title repeat_headings save_as_default clear_default
    public_statistics scale_export statistics_showgraph statistics_showmap
    statistics_graphtype value_range_allows_missing keep_aspect button_size other_position
    location_city location_state location_postal location_country location_mapzoom
    location_mapwidth location_mapheight location_nodefaultfromip
    location_defaultcoordinates time_limit_action time_limit_disable_next
    time_limit_disable_prev time_limit_countdown_message time_limit_timer_style
    time_limit_message time_limit_message_delay time_limit_message_style time_limit_warning
    time_limit_warning_display_time time_limit_warning_message time_limit_warning_style
    time_limit_warning_2 time_limit_warning_2_display_time time_limit_warning_2_message
    time_limit_warning_2_style array_filter_style exclude_all_others_auto
    thousands_separator visualization_type
    """
)
_REASONS: dict[str, Text] = {
    "max_answers": reasons.AT_MOST,
    "max_subquestions": reasons.AT_MOST,
    "min_answers": reasons.AT_LEAST,
    "random_order": reasons.RANDOM,
    "answer_order": reasons.RANDOM,
    "subquestion_order": reasons.RANDOM,
    "alphasort": reasons.RANDOM,
    "random_group": reasons.RANDOM,
    "array_filter": reasons.FILTERED,
    "array_filter_exclude": reasons.FILTERED,
    "numbers_only": reasons.NUMBERS_ONLY,
    "num_value_int_only": reasons.NUMBERS_ONLY,
    "em_validation_q": reasons.VALIDATION,
    "em_validation_sq": reasons.VALIDATION,
    "maximum_chars": reasons.LENGTH,
    "time_limit": reasons.TIME_LIMIT,
}
_PLAIN_THEMES = names(
    """
    core shortfreetext longfreetext hugefreetext listradio list_radio list_dropdown yesno
    multiplechoice 5pointchoice ranking ranking_advanced bootstrap_buttons
    bootstrap_dropdown bootstrap_buttons_multi
    """
)
_PASSED_TABLES = names(
    """
    groups group_l10ns questions question_l10ns subquestions answers answer_l10ns conditions
    question_attributes surveys surveys_languagesettings themes themes_inherited
    plugin_settings quota_members quota_languagesettings defaultvalue_l10ns surveys_groups
    """
)
_TABLES: dict[str, Text] = {
    "quota": reasons.QUOTA,
    "assessments": reasons.SCORES,
    "survey_url_parameters": reasons.ADDRESS_PARAMETERS,
}
_TEXTS: dict[str, Text] = {
    "surveyls_welcometext": reasons.WELCOME,
    "surveyls_endtext": reasons.ENDING,
    "surveyls_url": reasons.END_ADDRESS,
    "surveyls_description": reasons.DESCRIPTION,
    "surveyls_policy_notice": reasons.PRIVACY_NOTICE,
}


def by_question(tables: Tables) -> dict[str, dict[str, str]]:
    """The settings of each question in any language, as rows of version 2 have none."""
    settings: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables["question_attributes"]:
        value = row.get("value").strip()
        if row.get("qid") and value.lower() not in _OFF:
            settings[row.get("qid")].setdefault(row.get("attribute").strip(), value)
    for row in tables["defaultvalues"]:
        settings[row.get("qid")]["default value"] = "1"
    return settings


def is_hidden(settings: Settings) -> bool:
    return "hidden" in settings


def checks_an_address(row: Row, settings: Settings) -> bool:
    """Whether the answer must be a mail address or a position on a map."""
    checks = (row.get("preg"), settings.get("em_validation_q", ""))
    return any("@" in check for check in checks) or "location_mapservice" in settings


def carried(kind: str, settings: Settings) -> dict[str, Any]:
    at_most = _at_most(kind, settings)
    return {} if at_most is None else {"at_most": at_most}


def _at_most(kind: str, settings: Settings) -> int | None:
    value = settings.get("max_answers", "")
    whole = value.isascii() and value.isdigit() and len(value) <= 4
    return int(value) if kind == "M" and whole and 1 <= int(value) <= 1_000 else None


def name_lost(draft: Draft, row: Row, settings: Settings, labels: Mapping[str, Words]) -> None:
    """Report all settings that the question loses."""
    source_name = row["title"]
    for name, value in settings.items():
        if name in _LOOKS or (name == "max_answers" and carried(row.get("type"), settings)):
            continue
        if name == "exclude_all_others":
            for code in value.replace(",", ";").split(";"):
                label = labels.get(code.strip())
                option = f"{code.strip()}, {label.fr}" if label else code.strip()
                draft.leave_out(source_name, reasons.EXCLUSIVE, option=option)
        elif name == "other_replace_text":
            draft.leave_out(source_name, reasons.OTHER_LABEL, label=value)
        elif name == "default value":
            draft.leave_out(source_name, reasons.DEFAULT_ANSWER)
        elif name in _REASONS:
            draft.leave_out(source_name, _REASONS[name], value=value)
        else:
            draft.leave_out(source_name, reasons.SETTING, name=name, value=value)
    if preg := row.get("preg").strip():
        draft.leave_out(source_name, reasons.VALIDATION, value=preg)
    if row.get("mandatory") == "S":
        draft.leave_out(source_name, reasons.SOFT_MANDATORY)
    theme = row.get("question_theme_name").strip()
    if theme and theme not in _PLAIN_THEMES:
        draft.leave_out(source_name, reasons.SHOWN_AS, value=theme)


def name_lost_tables(tables: Tables, draft: Draft) -> None:
    for table, rows in tables.rows.items():
        if table in _TABLES:
            draft.leave_out(table, _TABLES[table])
        elif table not in _PASSED_TABLES and table != "defaultvalues" and rows:
            draft.leave_out(table, reasons.TABLE, table=table)
    for row in tables["groups"]:
        if row.get("randomization_group").strip():
            source_name = row.get("group_name").strip() or f"gid {row['gid']}"
            draft.leave_out(source_name, reasons.RANDOM)


def name_lost_texts(tables: Tables, draft: Draft) -> None:
    source_name = title(tables)
    for row in tables["surveys_languagesettings"]:
        for field, reason in _TEXTS.items():
            if draft.plain(row.get(field), source_name):
                draft.leave_out(source_name, reason)
    for row in [*tables["groups"], *tables["group_l10ns"]]:
        if row.get("group_name").strip() or row.get("description").strip():
            draft.leave_out(source_name, reasons.GROUP_TEXT)


def title(tables: Tables) -> str:
    """The survey's title, or the name of its table."""
    titles = (row.get("surveyls_title").strip() for row in tables["surveys_languagesettings"])
    return next((each for each in titles if each), "surveys")
