/** Kinds of things that a row of the record can name, beside the one that it is about. */
export type AuditRef = { kind: string; id: string };

/** Details that hold the id of something: of which kind. */
export const detailRefs: Readonly<Record<string, string>> = {
  templateId: 'template',
  audienceId: 'audience',
  campaignId: 'campaign',
  holderId: 'customer',
  newHolderId: 'customer',
  clonedFrom: 'campaign',
  revises: 'campaign',
  draftId: 'draft',
  accountId: 'gateway',
  credentialId: 'credential',
  staffId: 'staff',
  delegateId: 'staff',
  onBehalfOf: 'staff',
  actorId: 'staff',
  // Of a test message: the ids of who gets it, with blanks between them.
  to: 'staff',
};

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
export const isId = (text: string): boolean => uuid.test(text);

/** The ids in a detail, when it holds nothing else. */
export function idsIn(value: unknown): string[] {
  const parts = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return parts.length > 0 && parts.every((each): each is string => typeof each === 'string' && isId(each)) ? parts : [];
}

type Row = { actor: string; objectKind: string; objectId: string; details: Readonly<Record<string, unknown>> };

export const actorId = (actor: string): string | null =>
  actor.startsWith('staff:') ? actor.slice('staff:'.length) : null;

/** What a row names by id: who acted, on what, and with what. */
export function refsOf({ actor, objectKind, objectId, details }: Row): AuditRef[] {
  const by = actorId(actor);
  // An export is of a campaign, or has an id of its own.
  const kind = objectKind === 'export' ? 'campaign' : objectKind;
  return [
    ...(by === null ? [] : [{ kind: 'staff', id: by }]),
    { kind, id: objectId },
    ...Object.entries(details).flatMap(([key, value]) => {
      const of = detailRefs[key];
      return of === undefined ? [] : idsIn(value).map((id) => ({ kind: of, id }));
    }),
  ];
}

/** Acts by the noun they begin with, as the filter offers them. */
export const auditNouns = [
  'campaign',
  'draft',
  'form',
  'audience',
  'template',
  'gateway',
  'voice-account',
  'agent',
  'call-task',
  'customer',
  'consent',
  'topic',
  'suppression',
  'script',
  'call-list',
  'reply',
  'opt-out-words',
  'opt-out-effect',
  'push',
  'import',
  'ledger',
  'archive',
  'staff',
  'unit',
  'session',
  'passkey',
  'key',
  'credential',
  'delegation',
  'sign-reminder',
  'channel',
  'notice-quiet',
  'notice-setting',
  'notice-address',
  'contact-policy',
  'left-out',
  'retention',
  'calendar',
  'audit',
  'installation',
] as const;

/** Kinds of things that rows are about, as the filter offers them. */
export const auditObjects = [
  'campaign',
  'draft',
  'audience',
  'template',
  'gateway',
  'voice-account',
  'customer',
  'topic',
  'suppression',
  'suppression-list',
  'script',
  'call-list',
  'reply',
  'push',
  'import',
  'export',
  'call-task',
  'staff',
  'unit',
  'session',
  'key',
  'credential',
  'delegation',
  'channel',
  'setting',
  'calendar',
  'audit',
  'installation',
] as const;
