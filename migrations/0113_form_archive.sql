-- Up Migration

-- The archive of a form that is complete once it is signed (docs/archive.md, waihu.form-archive/1): some kilobytes, so it is one value.
-- What a campaign sent is millions of rows; its archive stands in parts, in the table archive.
create table form_archive (
  form_id uuid primary key references form,
  digest text not null,
  body bytea not null,
  audit_seq bigint not null,
  audit_hash text not null,
  created_at timestamptz not null
);
