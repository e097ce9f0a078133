-- Up Migration

-- "What did the carrier say of this person?": without it every look at one person reads all receipts (360 ms of a million).
create index receipt_phone on receipt (phone);
