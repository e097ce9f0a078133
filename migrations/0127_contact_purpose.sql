-- Up Migration

-- What the texts of a campaign are for, where it is not what texts of their kind are for (marketing of marketing, service of a notice):
-- the contact rule judges by it, and the form that two people sign states it.
alter table campaign add contact_purpose text
  constraint campaign_contact_purpose_check
  check (contact_purpose in ('marketing', 'service', 'repayment', 'survey', 'callback', 'care'));
