-- Feedback's report.state, as messages speak of it.
CREATE TABLE report (
    project_id uuid PRIMARY KEY,
    version    bigint NOT NULL,
    url        text NOT NULL,
    summary    text NOT NULL
);

-- Months in numbers, as they were last told. Without a body: too few people were asked to tell.
CREATE TABLE figures (
    month   date PRIMARY KEY,
    version bigint NOT NULL,
    body    jsonb,
    CONSTRAINT figures_are_by_month CHECK (month = date_trunc('month', month)::date),
    CONSTRAINT figures_told_have_a_version CHECK ((version > 0) = (body IS NOT NULL)),
    CONSTRAINT figures_of_five_at_least CHECK (
        (body -> 'people_solicited')::int >= 5 AND coalesce((body -> 'notices')::int, 5) >= 5
        AND NOT jsonb_path_exists(body, '$.refused_by_reason.* ? (@ < 5)'))
);
