export const roles = ['applicant', 'liaison', 'leader', 'operator', 'auditor', 'administrator'] as const;
export type Role = (typeof roles)[number];

/** What a role may do; what is not listed is denied. */
const grants = {
  applicant: [
    'campaign:read',
    'campaign:write',
    'campaign:submit',
    'customer:read',
    'customer:write',
    'audience:read',
    'audience:write',
    'template:read',
    'template:write',
    'suppression:read',
    'suppression:write',
    'gateway:read',
    'topic:read',
    'credential:request',
    'self:read',
  ],
  liaison: ['campaign:read', 'campaign:sign', 'template:read', 'audience:read', 'credential:request', 'self:read'],
  leader: ['campaign:read', 'campaign:sign', 'template:read', 'audience:read', 'credential:request', 'self:read'],
  operator: [
    'campaign:read',
    'campaign:run',
    'campaign:explain',
    'customer:read',
    'customer:write',
    'audience:read',
    'suppression:read',
    'suppression:write',
    'suppression:lift',
    'gateway:read',
    'topic:read',
    'template:read',
    'self:read',
  ],
  auditor: [
    'campaign:read',
    'campaign:explain',
    'campaign:export',
    'audit:read',
    'audience:read',
    'template:read',
    'suppression:read',
    'credential:read',
    'staff:read',
    'gateway:read',
    'self:read',
  ],
  administrator: [
    'staff:read',
    'staff:write',
    'key:write',
    'credential:read',
    'credential:decide',
    'gateway:read',
    'gateway:write',
    'calendar:write',
    'topic:read',
    'topic:write',
    'setting:write',
    'campaign:read',
    'audit:read',
    'credential:request',
    'self:read',
  ],
} as const satisfies Record<Role, readonly string[]>;

export type Permission = (typeof grants)[Role][number];

export const permissionsOf = (held: readonly Role[]): ReadonlySet<Permission> =>
  new Set(held.flatMap((role) => grants[role] as readonly Permission[]));
