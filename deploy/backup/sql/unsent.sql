-- How many events this database holds that nobody has been told yet; none where it is new.
SELECT to_regclass('public.outbox') IS NOT NULL AS there \gset
\if :there
SELECT count(*) FROM public.outbox WHERE topic IS NOT NULL;
\else
SELECT 0;
\endif
