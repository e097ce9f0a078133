import type { Demo } from './demo.ts';

export type Who = keyof Demo['people'] | 'administrator' | null;
/** One page of the console. `phone`: signers and others open it on phones, too. */
export type Screen = { name: string; path: (demo: Demo) => string; as: Who; phone?: true };

const at = (path: string) => (): string => path;
const campaign =
  (which: keyof Demo['numbers'], rest = '') =>
  ({ numbers }: Demo): string =>
    `/campaigns/${numbers[which]}${rest}`;
const form =
  (which: keyof Demo['numbers']) =>
  ({ numbers }: Demo): string =>
    `/sign-off/${numbers[which]}`;
const step =
  (name: string) =>
  ({ draftId }: Demo): string =>
    `/drafts/${draftId}/${name}`;

/** Every page, in the order of the menu. What moves comes first. */
export const screens: readonly Screen[] = [
  { name: 'campaign-sending', path: campaign('sending'), as: 'applicant', phone: true },
  { name: 'campaigns', path: at('/campaigns'), as: 'applicant' },
  { name: 'campaign-paused', path: campaign('paused'), as: 'applicant' },
  { name: 'campaign-archived', path: campaign('archived'), as: 'auditor' },
  { name: 'campaign-awaiting-leader', path: campaign('awaitingLeader'), as: 'applicant' },
  { name: 'campaign-rejected', path: campaign('rejected'), as: 'applicant' },
  { name: 'campaign-scheduled', path: campaign('scheduled'), as: 'applicant' },
  { name: 'campaign-ledger', path: campaign('archived', '/ledger'), as: 'applicant' },
  { name: 'campaign-people-list', path: campaign('archived', '/audience'), as: 'applicant' },
  { name: 'campaign-person', path: campaign('archived', '/people/1'), as: 'applicant' },
  { name: 'draft-new', path: at('/drafts/new'), as: 'applicant' },
  { name: 'draft-audience', path: step('audience'), as: 'applicant' },
  { name: 'draft-text', path: step('text'), as: 'applicant' },
  { name: 'draft-checks', path: step('checks'), as: 'applicant' },
  { name: 'draft-window', path: step('window'), as: 'applicant' },
  { name: 'draft-review', path: step('review'), as: 'applicant' },
  { name: 'sign-off-centre', path: at('/sign-off'), as: 'liaison', phone: true },
  { name: 'sign-off-liaison', path: form('awaitingLiaison'), as: 'liaison', phone: true },
  { name: 'sign-off-leader', path: form('awaitingLeader'), as: 'leader', phone: true },
  { name: 'sign-off-rejected', path: form('rejected'), as: 'applicant' },
  { name: 'archive', path: at('/archive'), as: 'auditor' },
  { name: 'customers', path: at('/customers'), as: 'applicant' },
  { name: 'customer', path: ({ customerId }) => `/customers/${customerId}`, as: 'applicant' },
  { name: 'customer-new', path: at('/customers/new'), as: 'applicant' },
  { name: 'customer-numbers', path: ({ customerId }) => `/customers/${customerId}/numbers`, as: 'applicant' },
  { name: 'customer-contact', path: ({ customerId }) => `/customers/${customerId}/contact`, as: 'applicant' },
  { name: 'customer-edit', path: ({ customerId }) => `/customers/${customerId}/edit`, as: 'applicant' },
  { name: 'customer-exports', path: at('/customers/exports'), as: 'applicant' },
  { name: 'replies', path: at('/replies'), as: 'applicant' },
  { name: 'imports', path: at('/imports'), as: 'applicant' },
  { name: 'import', path: ({ importId }) => `/imports/${importId}`, as: 'applicant' },
  { name: 'audiences', path: at('/audiences'), as: 'applicant' },
  { name: 'audience-new', path: at('/audiences/new'), as: 'applicant' },
  { name: 'audience', path: ({ audienceId }) => `/audiences/${audienceId}`, as: 'applicant' },
  { name: 'templates', path: at('/templates'), as: 'applicant' },
  { name: 'template-new', path: at('/templates/new'), as: 'applicant' },
  { name: 'template', path: ({ templateId }) => `/templates/${templateId}`, as: 'applicant' },
  { name: 'template-next', path: ({ templateId }) => `/templates/${templateId}/next`, as: 'applicant' },
  { name: 'topics', path: at('/topics'), as: 'administrator' },
  { name: 'suppressions', path: at('/suppressions'), as: 'applicant' },
  { name: 'suppression-new', path: at('/suppressions/new'), as: 'applicant' },
  { name: 'opt-out-words', path: at('/opt-out-words'), as: 'administrator' },
  { name: 'policy', path: at('/policy'), as: 'administrator' },
  { name: 'audit', path: at('/audit'), as: 'auditor' },
  { name: 'retention', path: at('/retention'), as: 'administrator' },
  { name: 'gateways', path: at('/gateways'), as: 'administrator' },
  { name: 'gateway', path: at('/gateways/sandbox'), as: 'administrator' },
  { name: 'gateway-edit', path: at('/gateways/sandbox/edit'), as: 'administrator' },
  { name: 'gateway-new', path: at('/gateways/new'), as: 'administrator' },
  { name: 'voice-accounts', path: at('/voice-accounts'), as: 'administrator' },
  { name: 'voice-account', path: at('/voice-accounts/sandbox'), as: 'administrator' },
  { name: 'voice-account-edit', path: at('/voice-accounts/sandbox/edit'), as: 'administrator' },
  { name: 'pushes', path: at('/pushes'), as: 'administrator' },
  { name: 'channels', path: at('/channels'), as: 'administrator' },
  { name: 'channel-new', path: at('/channels/new?kind=email'), as: 'administrator' },
  { name: 'calendar', path: at('/calendar'), as: 'administrator' },
  { name: 'people', path: at('/people'), as: 'administrator' },
  { name: 'people-invite', path: at('/people/invite'), as: 'administrator' },
  { name: 'people-keys', path: at('/people/keys'), as: 'administrator' },
  { name: 'people-links', path: at('/people/links'), as: 'administrator' },
  { name: 'units', path: at('/units'), as: 'administrator' },
  { name: 'person', path: ({ staffId }) => `/people/${staffId}`, as: 'administrator' },
  { name: 'notices', path: at('/notices'), as: 'liaison', phone: true },
  { name: 'account', path: at('/account'), as: 'liaison', phone: true },
  { name: 'account-notices', path: at('/account/notices'), as: 'liaison' },
  { name: 'refusal', path: at('/people'), as: 'liaison' },
  { name: 'missing', path: at('/campaigns/WH-20200101-0001'), as: 'applicant' },
  { name: 'sign-in', path: at('/sign-in'), as: null, phone: true },
];
