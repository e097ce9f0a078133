import { z } from 'zod';
import type { ChannelView } from './channel.command.ts';
import { noticeKinds, type NoticeKind } from './notice.rule.ts';
import { isPersonal, type ChannelKind } from './channel.rule.ts';
import type { PageFault } from '../../kit/page/page.ts';

type Field = {
  id: string;
  secret: boolean;
  input: 'text' | 'number' | 'password' | 'area' | 'select';
  options?: 'security' | 'accounts';
  optional?: true;
};
const text = (id: string): Field => ({ id, secret: false, input: 'text' });
const secret = (id: string): Field => ({ id, secret: true, input: 'password' });

/** What a form asks for each kind of channel. */
const fields: Record<ChannelKind, readonly Field[]> = {
  email: [
    text('host'),
    { id: 'port', secret: false, input: 'number' },
    { id: 'security', secret: false, input: 'select', options: 'security' },
    text('user'),
    secret('password'),
    text('from'),
    { id: 'ca', secret: false, input: 'area', optional: true },
  ],
  sms: [
    { id: 'gatewayAccountId', secret: false, input: 'select', options: 'accounts' },
    text('signName'),
    text('templateCode'),
    { id: 'dailyCap', secret: false, input: 'number' },
  ],
  wecom: [secret('url')],
  dingtalk: [secret('url'), secret('secret')],
  feishu: [secret('url'), secret('secret')],
  webhook: [secret('url'), secret('secret')],
};

const word = z.string().max(20_000);
export const ChannelForm = z.record(z.string().max(60), z.union([word, z.array(word).max(100)]));
type Form = z.infer<typeof ChannelForm>;

const one = (form: Form, key: string): string => {
  const value = form[key];
  return (Array.isArray(value) ? value[0] : value) ?? '';
};

/** The parts of a channel that the form gives; an empty secret means: as it is. */
export function partsOf(kind: ChannelKind, form: Form) {
  const pick = (ofSecret: boolean) =>
    Object.fromEntries(
      fields[kind]
        .filter(({ secret: is }) => is === ofSecret)
        .map(({ id }) => [id, one(form, id).trim()] as const)
        .filter(([, value]) => value !== ''),
    );
  return { name: one(form, 'name'), settings: pick(false), secret: pick(true), kinds: kindsIn(form) };
}

function kindsIn(form: Form): NoticeKind[] {
  const given = form['kinds'];
  const list = Array.isArray(given) ? given : given === undefined ? [] : [given];
  return noticeKinds.filter((kind) => list.includes(kind));
}

/** What the form shows: what was typed, else what is stored; never a secret. */
export function formOf(
  kind: ChannelKind,
  given: {
    channel: ChannelView | null;
    typed: Form | null;
    fault: PageFault | null;
    accounts: { id: string; name: string }[];
  },
) {
  const { channel, typed, fault, accounts } = given;
  const stored = (id: string): string => {
    const value = channel?.settings[id];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : (usual[id] ?? '');
  };
  const security = ['tls', 'starttls'].map((value) => ({ value, label: `channel.security.${value}`, named: true }));
  const accountOptions = accounts.map(({ id, name }) => ({ value: id, label: name, named: false }));
  const told = typed ? kindsIn(typed) : (channel?.kinds ?? []);
  return {
    name: typed ? one(typed, 'name') : (channel?.name ?? ''),
    fields: fields[kind].map((field) => {
      const value = field.secret ? '' : typed ? one(typed, field.id) : stored(field.id);
      const options = field.options === 'security' ? security : field.options === 'accounts' ? accountOptions : [];
      return {
        id: field.id,
        secret: field.secret,
        input: field.input,
        value,
        isSelect: field.input === 'select',
        isArea: field.input === 'area',
        label: `channel.field.${field.id}`,
        required: !field.optional && !(field.secret && channel),
        kept: field.secret && channel !== null,
        options: options.map(({ value: of, label, named }) => ({ value: of, label, named, chosen: of === value })),
        fault: fault?.fields[field.id] ?? null,
      };
    }),
    kinds: isPersonal(kind)
      ? []
      : noticeKinds.map((each) => ({ kind: each, label: `notice.out.${each}`, chosen: told.includes(each) })),
  };
}

const usual: Record<string, string> = { port: '465', security: 'tls', dailyCap: '50' };
