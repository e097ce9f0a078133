-- Up Migration

-- Which builder makes the form again (src/form/formats): read from the text that was signed, so that it cannot be another.
alter table form add column format text not null generated always as (coalesce(canonical::jsonb ->> 'format', '')) stored;
