import type { Permission } from '../../kernel/permission.rule.ts';

export type MenuId = (typeof menu)[number]['items'][number]['id'] | 'account' | 'none';

/** The console's menu, top to bottom: what a person may not open is not shown. */
export const menu = [
  {
    id: 'outbound',
    items: [
      { id: 'campaigns', href: '/campaigns', icon: 'speakerphone', needs: 'campaign:read' },
      { id: 'sign-off', href: '/sign-off', icon: 'signature', needs: 'campaign:read' },
      { id: 'archive', href: '/archive', icon: 'archive', needs: 'campaign:read' },
      { id: 'call-lists', href: '/call-lists', icon: 'phone', needs: 'call-list:read' },
      { id: 'replies', href: '/replies', icon: 'inbox', needs: 'reply:read' },
    ],
  },
  {
    id: 'calls',
    items: [
      { id: 'desk', href: '/desk', icon: 'headset', needs: 'desk:work' },
      { id: 'floor', href: '/floor', icon: 'layout-dashboard', needs: 'floor:read' },
    ],
  },
  {
    id: 'people-and-text',
    items: [
      { id: 'customers', href: '/customers', icon: 'users', needs: 'customer:read' },
      { id: 'imports', href: '/imports', icon: 'file-import', needs: 'customer:write' },
      { id: 'audiences', href: '/audiences', icon: 'users-group', needs: 'audience:read' },
      { id: 'templates', href: '/templates', icon: 'message-2', needs: 'template:read' },
      { id: 'scripts', href: '/scripts', icon: 'message-2', needs: 'script:read' },
      { id: 'topics', href: '/topics', icon: 'rss', needs: 'topic:read' },
    ],
  },
  {
    id: 'compliance',
    items: [
      { id: 'suppressions', href: '/suppressions', icon: 'ban', needs: 'suppression:read' },
      { id: 'policy', href: '/policy', icon: 'shield-check', needs: 'self:read' },
      { id: 'audit', href: '/audit', icon: 'history', needs: 'audit:read' },
      { id: 'retention', href: '/retention', icon: 'clock', needs: 'self:read' },
    ],
  },
  {
    id: 'settings',
    items: [
      { id: 'gateways', href: '/gateways', icon: 'antenna-bars-5', needs: 'gateway:read' },
      { id: 'voice-accounts', href: '/voice-accounts', icon: 'phone', needs: 'voice:read' },
      { id: 'channels', href: '/channels', icon: 'bell-cog', needs: 'setting:write' },
      { id: 'calendar', href: '/calendar', icon: 'calendar', needs: 'self:read' },
      { id: 'people', href: '/people', icon: 'user-cog', needs: 'staff:read' },
    ],
  },
] as const satisfies {
  id: string;
  items: { id: string; href: string; icon: string; needs: Permission }[];
}[];

type Item = (typeof menu)[number]['items'][number];
const entryOf = (item: Item, current: MenuId, counts: Partial<Record<MenuId, number>>) => ({
  ...item,
  current: item.id === current,
  count: counts[item.id] ?? 0,
});

/** The menu of somebody with these rights, with the counts that ask for an act. */
export const menuFor = (
  may: (permission: Permission) => boolean,
  current: MenuId,
  counts: Partial<Record<MenuId, number>>,
) =>
  menu
    .map(({ id, items }) => ({
      id,
      items: items.filter(({ needs }) => may(needs)).map((item) => entryOf(item, current, counts)),
    }))
    .filter(({ items }) => items.length > 0);
