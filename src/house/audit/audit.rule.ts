/** One row of the record. `actor` is `staff:<id>` or `system`; `details` carries ids, counts and reasons, never personal data. */
export type AuditEntry = {
  at: string;
  actor: string;
  action: string;
  objectKind: string;
  objectId: string;
  details: Readonly<Record<string, unknown>>;
};
