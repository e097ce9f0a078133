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
    'ledger:export',
    'customer:read',
    'customer:write',
    'audience:read',
    'audience:write',
    'template:read',
    'template:write',
    'reply:read',
    'reply:write',
    'suppression:read',
    'suppression:write',
    'gateway:read',
    'topic:read',
    'credential:request',
    'script:read',
    'script:write',
    'self:read',
    'self:write',
  ],
  liaison: [
    'campaign:read',
    'campaign:sign',
    'campaign:stop',
    'template:read',
    'audience:read',
    'credential:request',
    'delegation:write',
    'script:read',
    'self:read',
    'self:write',
  ],
  leader: [
    'campaign:read',
    'campaign:sign',
    'campaign:stop',
    'template:read',
    'audience:read',
    'credential:request',
    'delegation:write',
    'script:read',
    'self:read',
    'self:write',
  ],
  operator: [
    'campaign:read',
    'campaign:run',
    'campaign:stop',
    'campaign:explain',
    'customer:read',
    'customer:write',
    'customer:reveal',
    'customer:export',
    'audience:read',
    'reply:read',
    'reply:write',
    'suppression:read',
    'suppression:write',
    'suppression:lift',
    'gateway:read',
    'voice:read',
    'topic:read',
    'template:read',
    'script:read',
    'script:write',
    'call-list:read',
    'call-list:write',
    'call-list:run',
    'self:read',
    'self:write',
  ],
  agent: [
    'desk:work',
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
    'campaign:stop',
    'campaign:explain',
    'floor:read',
    'floor:manage',
    'recording:play',
    'customer:read',
    'customer:reveal',
    'reply:read',
    'reply:write',
    'suppression:read',
    'suppression:write',
    'audience:read',
    'template:read',
    'topic:read',
    'gateway:read',
    'voice:read',
    'staff:read',
    'export:decide',
    'credential:request',
    'script:read',
    'script:write',
    'call-list:read',
    'call-list:write',
    'call-list:run',
    'self:read',
    'self:write',
  ],
  auditor: [
    'campaign:read',
    'campaign:explain',
    'campaign:export',
    'ledger:export',
    'recording:play',
    'customer:read',
    'customer:export',
    'export:decide',
    'topic:read',
    'audit:read',
    'audience:read',
    'template:read',
    'reply:read',
    'suppression:read',
    'credential:read',
    'staff:read',
    'gateway:read',
    'voice:read',
    'script:read',
    'call-list:read',
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
    'voice:read',
    'voice:write',
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

/**
 * How far a right reaches that somebody holds for some units only. `unit`: what belongs to those units. `shared`: the
 * person's own affairs, and what all units use together; held for one unit it is held. `house`: what touches everybody;
 * only a role held for every unit gives it.
 */
export type Reach = 'unit' | 'shared' | 'house';
export const reachOf: Record<Permission, Reach> = {
  'campaign:read': 'unit',
  'campaign:write': 'unit',
  'campaign:submit': 'unit',
  'campaign:sign': 'unit',
  'campaign:run': 'unit',
  'campaign:stop': 'unit',
  'campaign:explain': 'unit',
  'campaign:export': 'unit',
  'script:read': 'unit',
  'script:write': 'unit',
  'call-list:read': 'unit',
  'call-list:write': 'unit',
  'call-list:run': 'unit',
  // Of a campaign of one's own; of others' it takes `campaign:export`.
  'ledger:export': 'unit',
  'reply:read': 'unit',
  'reply:write': 'unit',
  // A number in clear belongs to the units that have written to it.
  'customer:reveal': 'unit',
  'customer:read': 'shared',
  'customer:write': 'shared',
  'customer:export': 'house',
  'export:decide': 'house',
  'audience:read': 'shared',
  'audience:write': 'shared',
  'template:read': 'shared',
  'template:write': 'shared',
  'topic:read': 'shared',
  'topic:write': 'house',
  'suppression:read': 'shared',
  'suppression:write': 'shared',
  // A no holds in the whole house, and so does taking it back.
  'suppression:lift': 'house',
  'desk:work': 'shared',
  'floor:read': 'unit',
  'floor:manage': 'unit',
  'recording:play': 'unit',
  'gateway:read': 'shared',
  'gateway:write': 'house',
  'voice:read': 'shared',
  'voice:write': 'house',
  'calendar:write': 'house',
  'setting:write': 'house',
  'audit:read': 'house',
  'staff:read': 'house',
  'staff:write': 'house',
  'key:write': 'house',
  'credential:read': 'house',
  'credential:decide': 'house',
  'credential:request': 'shared',
  'delegation:write': 'shared',
  'self:read': 'shared',
  'self:write': 'shared',
};

/** Roles that decide about the whole house: granted for every unit or not at all. */
export const houseRoles: ReadonlySet<Role> = new Set(['administrator']);

/** What somebody with these grants may do somewhere; in which unit is judged where the thing is known. */
export const rightsOf = (held: readonly Grant[]): ReadonlySet<Permission> =>
  new Set(
    held.flatMap(({ role, unit }) =>
      (grants[role] as readonly Permission[]).filter((right) => unit === '*' || reachOf[right] !== 'house'),
    ),
  );

/** Whether somebody runs the house: what is asked of administrators beyond a single right. */
export const isHouseAdministrator = (held: readonly Grant[]): boolean =>
  held.some(({ role, unit }) => role === 'administrator' && unit === '*');

export const mayInUnit = (held: readonly Grant[], permission: Permission, unit: string): boolean =>
  held.some((grant) => covers(grant.unit, unit) && permissionsOf([grant.role]).has(permission));

/** Where the person has the permission: '*' for everywhere, or the units by name. */
export function unitsOf(held: readonly Grant[], permission: Permission): '*' | string[] {
  const units = held.filter(({ role }) => permissionsOf([role]).has(permission)).map(({ unit }) => unit);
  return units.includes('*') ? '*' : [...new Set(units)];
}
