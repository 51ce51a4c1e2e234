-- People: who accepted the charter, how to reach them, and when each was last solicited.

CREATE TABLE member (
    member_id     uuid PRIMARY KEY,
    -- Two identities of one person share it, and with it the contact lock.
    person_id     uuid NOT NULL,
    status        text NOT NULL DEFAULT 'active',
    merged_into   uuid REFERENCES member,
    language      text NOT NULL,
    zone          text NOT NULL,
    attributes    jsonb NOT NULL DEFAULT '{}',
    accepted_on   date NOT NULL,
    ends_on       date NOT NULL,
    consent_on    date NOT NULL,
    consent_proof text NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    CONSTRAINT member_status_known CHECK (status IN
        ('active', 'paused', 'suspended', 'left', 'expired', 'merged', 'erased')),
    CONSTRAINT member_language_known CHECK (language IN ('fr', 'en')),
    CONSTRAINT member_merged_says_into_whom CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
    CONSTRAINT member_ends_after_three_years
        CHECK (ends_on = (accepted_on + interval '3 years')::date),
    CONSTRAINT member_consent_has_proof CHECK (consent_proof <> '')
);
CREATE INDEX member_person ON member (person_id);
CREATE INDEX member_ends ON member (ends_on) WHERE status IN ('active', 'paused', 'suspended');

-- What identifies a member, readable only with a key that is not in the database.
CREATE TABLE contact (
    member_id  uuid PRIMARY KEY REFERENCES member,
    key_id     text NOT NULL,
    -- Nonce, then AES-GCM ciphertext of address and name; the member id is authenticated with it.
    sealed     bytea NOT NULL,
    -- HMAC-SHA256 of the normalised address: finds a person without reading anybody's address.
    email_hash bytea NOT NULL,
    CONSTRAINT contact_one_member_per_address UNIQUE (email_hash)
);

-- The proof that a person's last solicitation is a month old. Nobody can override it.
CREATE TABLE contact_lock (
    person_id uuid,
    last_day  date NOT NULL,
    -- Null: contacted before this panel kept track, as the import said or assumed.
    order_id  uuid,
    CONSTRAINT contact_lock_one_per_person PRIMARY KEY (person_id)
);

-- Addresses of those who left: only they themselves can come back, as the same person.
CREATE TABLE suppression (
    email_hash bytea PRIMARY KEY,
    person_id  uuid NOT NULL,
    since      date NOT NULL,
    -- Null: for as long as the person does not join again.
    until      date
);

-- The event body of a member, in one place for imports, changes and republishing.
CREATE FUNCTION member_body(m member, last_day date) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'member_id', m.member_id,
        'version', m.version,
        'status', m.status,
        'merged_into', m.merged_into) || CASE
            WHEN m.status IN ('left', 'expired', 'merged', 'erased') THEN '{}'
            ELSE jsonb_build_object(
                'zone', m.zone,
                'attributes', m.attributes,
                'not_before', last_day + 31,
                'ends_on', m.ends_on)
        END)::text
$$;
