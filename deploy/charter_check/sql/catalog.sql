-- catalog: everything that a database says about itself, by kind and name: relations, columns,
-- constraints, indexes, triggers and whether they fire, functions, views, rules, policies, and each
-- right of each role. The role that owns the tables is called `owner`, whatever its name is.
WITH place AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), owner AS (
    SELECT relowner AS oid FROM pg_class WHERE oid = 'schema_migration'::regclass
), role AS (
    SELECT r.oid, CASE WHEN o.oid IS NULL THEN r.rolname::text ELSE 'owner' END AS name
    FROM pg_roles r LEFT JOIN owner o USING (oid)
    UNION ALL SELECT 0, 'PUBLIC'
), extended AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relation AS (
    SELECT c.oid, format('%I.%I', p.nspname, c.relname) AS name, c.relkind, c.relowner, c.relacl,
        c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions
    FROM pg_class c JOIN place p ON p.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND (1259::oid, c.oid) NOT IN (SELECT classid, objid FROM extended)
), routine AS (
    SELECT f.oid, format('%I.%I(%s)', p.nspname, f.proname,
            pg_get_function_identity_arguments(f.oid)) AS name, f.prokind, f.proowner, f.proacl
    FROM pg_proc f JOIN place p ON p.oid = f.pronamespace
    WHERE (1255::oid, f.oid) NOT IN (SELECT classid, objid FROM extended)
), named_type AS (
    SELECT t.oid, format('%I.%I', p.nspname, t.typname) AS name, t.typtype, t.typowner, t.typacl
    FROM pg_type t JOIN place p ON p.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r')
        AND (1247::oid, t.oid) NOT IN (SELECT classid, objid FROM extended)
), protected AS (
    SELECT name, relowner AS owner, coalesce(relacl,
        acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
    FROM relation
    UNION ALL
    SELECT format('%s (%I)', r.name, a.attname), r.relowner, a.attacl
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT name, proowner, coalesce(proacl, acldefault('f', proowner)) FROM routine
    UNION ALL
    SELECT name, typowner, coalesce(typacl, acldefault('T', typowner)) FROM named_type
    UNION ALL
    SELECT format('schema %I', nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner))
    FROM place
    UNION ALL
    SELECT 'the database', datdba, coalesce(datacl, acldefault('d', datdba))
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT format('later %s of %s %s', CASE d.defaclobjtype WHEN 'r' THEN 'tables'
            WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
            WHEN 'n' THEN 'schemas' ELSE 'objects' END, r.name, p.nspname), d.defaclrole, d.defaclacl
    FROM pg_default_acl d JOIN role r ON r.oid = d.defaclrole
    LEFT JOIN place p ON p.oid = d.defaclnamespace
), belongings AS (
    SELECT name, relowner AS owner FROM relation
    UNION ALL SELECT name, proowner FROM routine
    UNION ALL SELECT name, typowner FROM named_type
)
SELECT 'right' AS kind, format('%s: %s %s', p.name, r.name, g.privilege_type) AS name,
    string_agg(DISTINCT CASE WHEN g.is_grantable THEN 'and may pass it on' ELSE '' END, '') AS text
FROM protected p CROSS JOIN LATERAL aclexplode(p.acl) g JOIN role r ON r.oid = g.grantee
GROUP BY 1, 2
UNION ALL
SELECT 'right', format('%s: owner', b.name), r.name FROM belongings b JOIN role r ON r.oid = b.owner
UNION ALL
SELECT 'relation', name, concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity,
    CASE WHEN relkind = 'v' THEN reloptions::text END)
FROM relation
UNION ALL
SELECT 'column', format('%s.%I', r.name, a.attname), concat_ws(' ',
    format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
    nullif(a.attidentity, ''), nullif(a.attgenerated, ''), a.attstorage,
    pg_get_expr(d.adbin, d.adrelid))
FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'view', name, pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'constraint', format('%s.%I', coalesce(r.name, t.name), c.conname),
    concat_ws(' ', pg_get_constraintdef(c.oid), c.convalidated)
FROM pg_constraint c LEFT JOIN relation r ON r.oid = c.conrelid
LEFT JOIN named_type t ON t.oid = c.contypid
-- Triggers that are constraints stand among triggers.
WHERE c.contype <> 't' AND coalesce(r.oid, t.oid) IS NOT NULL
UNION ALL
SELECT 'index', format('%s.%s', r.name, i.indexrelid::regclass),
    concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
FROM pg_index i JOIN relation r ON r.oid = i.indrelid
UNION ALL
SELECT 'trigger', format('%s.%I', r.name, t.tgname),
    concat_ws(' ', CASE t.tgenabled WHEN 'O' THEN 'in force' ELSE t.tgenabled END,
        pg_get_triggerdef(t.oid))
FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
-- The server's own triggers, by which foreign keys and deferred keys are looked at.
SELECT 'trigger', format('%s.%I (the server''s)', r.name, c.conname),
    string_agg(concat_ws(' ', t.tgfoid::regproc, t.tgtype, t.tgenabled), ', '
        ORDER BY t.tgfoid::regproc::text, t.tgtype)
FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid JOIN pg_constraint c ON c.oid = t.tgconstraint
WHERE t.tgisinternal GROUP BY 1, 2
UNION ALL
SELECT 'rule', format('%s.%I', r.name, w.rulename), concat_ws(' ', w.ev_enabled,
    pg_get_ruledef(w.oid))
FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', format('%s.%I', r.name, p.polname), concat_ws(' ', p.polcmd, p.polpermissive,
    p.polroles::text, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
UNION ALL
SELECT 'function', name, CASE prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(oid) END
FROM routine
UNION ALL
SELECT 'type', t.name, concat_ws(' ', t.typtype,
    (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e
        WHERE e.enumtypid = t.oid))
FROM named_type t
UNION ALL
SELECT 'schema', nspname, '' FROM place
UNION ALL
SELECT 'extension', extname, '' FROM pg_extension
UNION ALL
SELECT 'event trigger', evtname, concat_ws(' ', evtevent, evtenabled, evtfoid::regproc)
FROM pg_event_trigger
UNION ALL
SELECT 'publication', pubname, '' FROM pg_publication;

-- catalog_roles_apart: whether the service runs as a role of its own, beside the tables' owner.
SELECT EXISTS (SELECT FROM pg_roles r JOIN pg_class c ON c.oid = 'schema_migration'::regclass
    WHERE r.rolname = :service AND r.oid <> c.relowner);

-- draw_role_apart: the role that draws has no right but those that it was granted by itself: it is no
-- member of another role, owns nothing, and is no administrator.
SELECT count(*)::int AS looked_at, (count(*) FILTER (WHERE r.rolsuper OR r.rolcreaterole
    OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication OR r.rolcanlogin
    OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
    OR EXISTS (SELECT FROM pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'o')))::int AS wrong
FROM pg_roles r WHERE r.rolname = 'panel_draw';

-- triggers_fire: no session begins with its triggers switched off, by a setting of the server, of a
-- database or of a role.
WITH setting AS (
    SELECT unnest(setconfig) AS text FROM pg_db_role_setting
    UNION ALL
    SELECT name || '=' || reset_val FROM pg_settings WHERE name = 'session_replication_role'
)
SELECT count(*)::int AS looked_at,
    (count(*) FILTER (WHERE text ~ '^session_replication_role=(?!origin)'))::int AS wrong
FROM setting;

-- triggers_made_anew: statements that drop each trigger and make it again from its own definition.
SELECT coalesce(string_agg(format('DROP TRIGGER %I ON %s; %s;', tgname, tgrelid::regclass,
    pg_get_triggerdef(oid)), E'\n'), '')
FROM pg_trigger WHERE NOT tgisinternal;
