export const roles = [
  'applicant',
  'operator',
  'liaison',
  'leader',
  'agent',
  'supervisor',
  'auditor',
  'administrator',
] as const;
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
    'self:write',
  ],
  liaison: [
    'campaign:read',
    'campaign:sign',
    'template:read',
    'audience:read',
    'credential:request',
    'delegation:write',
    'self:read',
    'self:write',
  ],
  leader: [
    'campaign:read',
    'campaign:sign',
    'template:read',
    'audience:read',
    'credential:request',
    'delegation:write',
    'self:read',
    'self:write',
  ],
  operator: [
    'campaign:read',
    'campaign:run',
    'campaign:explain',
    'customer:read',
    'customer:write',
    'customer:reveal',
    'customer:export',
    'audience:read',
    'suppression:read',
    'suppression:write',
    'suppression:lift',
    'gateway:read',
    'topic:read',
    'template:read',
    'self:read',
    'self:write',
  ],
  agent: [
    'customer:read',
    'suppression:read',
    'suppression:write',
    'topic:read',
    'credential:request',
    'self:read',
    'self:write',
  ],
  supervisor: [
    'campaign:read',
    'campaign:explain',
    'customer:read',
    'customer:reveal',
    'suppression:read',
    'suppression:write',
    'audience:read',
    'template:read',
    'topic:read',
    'gateway:read',
    'staff:read',
    'credential:request',
    'self:read',
    'self:write',
  ],
  auditor: [
    'campaign:read',
    'campaign:explain',
    'campaign:export',
    'customer:read',
    'customer:export',
    'topic:read',
    'audit:read',
    'audience:read',
    'template:read',
    'suppression:read',
    'credential:read',
    'staff:read',
    'gateway:read',
    'self:read',
    'self:write',
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
    'delegation:write',
    'self:read',
    'self:write',
  ],
} as const satisfies Record<Role, readonly string[]>;

/** A role in an organisational unit; '*' is every unit. */
export type Grant = { role: Role; unit: string };

export const covers = (held: string, unit: string): boolean => held === '*' || held === unit;

export type Permission = (typeof grants)[Role][number];

export const permissionsOf = (held: readonly Role[]): ReadonlySet<Permission> =>
  new Set(held.flatMap((role) => grants[role] as readonly Permission[]));

export const mayInUnit = (held: readonly Grant[], permission: Permission, unit: string): boolean =>
  held.some((grant) => covers(grant.unit, unit) && permissionsOf([grant.role]).has(permission));

/** Where the person has the permission: '*' for everywhere, or the units by name. */
export function unitsOf(held: readonly Grant[], permission: Permission): '*' | string[] {
  const units = held.filter(({ role }) => permissionsOf([role]).has(permission)).map(({ unit }) => unit);
  return units.includes('*') ? '*' : [...new Set(units)];
}
