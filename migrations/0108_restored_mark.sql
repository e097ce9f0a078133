-- Up Migration

-- Set by `waihu restore`: what became of the installation since the copy was made nobody can say, whatever a machine has noted. The
-- first worker that comes acts on it and takes it away (src/campaign/restore.command.ts).
alter table installation add restored_at timestamptz;
