-- Up Migration

-- Receipts of one campaign: its end and its archive sum them. The campaign's key alone: the same key many times over is kept once.
create index receipt_campaign on receipt ((split_part(out_id, '-', 2))) where out_id like 'wh-%';
