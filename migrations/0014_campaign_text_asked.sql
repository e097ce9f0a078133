-- Up Migration

-- When the gateway was last asked for its copy of the text while this campaign is being sent, and when it last answered that
-- it is the one that was signed (activities/text-watch.ts).
alter table campaign add column text_asked_at timestamptz;
alter table campaign add column text_answered_at timestamptz;
