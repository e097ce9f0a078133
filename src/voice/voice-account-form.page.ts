import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { typed } from '../kernel/field.rule.ts';
import { AsteriskSettings, numberStyles } from './asterisk/settings.rule.ts';
import { NewVoiceAccount, type VoiceAccountView } from './voice-account.command.ts';

const Form = z.object({
  name: typed(100),
  url: typed(300),
  user: typed(100),
  // As it is typed: blanks may belong to it.
  password: z.string().max(200),
  application: typed(100),
  dialString: typed(200),
  numberStyle: z.enum(numberStyles),
  callerNumbers: typed(5_000),
  lines: typed(10),
  callsPerSecond: typed(10),
  timeoutMs: typed(10),
});
/** An account as it is typed; the password is never filled in. */
export type VoiceAccountForm = z.infer<typeof Form>;
export const VoiceAccountFields = Form.partial();

export const formOfVoiceAccount = (
  account: Pick<VoiceAccountView, 'name' | 'settings' | 'callerNumbers' | 'lines' | 'callsPerSecond'>,
): VoiceAccountForm => ({
  ...account.settings,
  name: account.name,
  password: '',
  timeoutMs: String(account.settings.timeoutMs),
  callerNumbers: account.callerNumbers.join('\n'),
  lines: String(account.lines),
  callsPerSecond: String(account.callsPerSecond),
});

/** A new account as the house begins it. */
export function newVoiceAccountForm(): VoiceAccountForm {
  const settings = AsteriskSettings.parse({ url: 'https://pbx.example.com:8089', user: 'waihu' });
  return { ...formOfVoiceAccount({ name: '', settings, callerNumbers: [], lines: 30, callsPerSecond: 10 }), url: '' };
}

const codes: Readonly<Record<string, string>> = {
  name: 'voice.field-name',
  url: 'voice.field-url',
  user: 'voice.field-user',
  password: 'voice.field-password',
  application: 'voice.field-application',
  dialString: 'voice.field-dial',
  callerNumbers: 'voice.field-callers',
};

/** `isNew`: without a password there is nothing to log in with. Throws `voice.fields` with a fault a field. */
export function readVoiceAccountForm(form: VoiceAccountForm, isNew: boolean): z.output<typeof NewVoiceAccount> {
  const { url, user, application, dialString, numberStyle } = form;
  const read = NewVoiceAccount.safeParse({
    name: form.name,
    provider: 'asterisk',
    settings: { url, user, application, dialString, numberStyle, timeoutMs: numberOf(form.timeoutMs) },
    password: form.password === '' && !isNew ? 'stays' : form.password,
    callerNumbers: form.callerNumbers.split(/[\s,，]+/).filter((each) => each !== ''),
    lines: numberOf(form.lines),
    callsPerSecond: numberOf(form.callsPerSecond),
  });
  if (read.success) return read.data;
  const names = read.error.issues.map(({ path }) => String(path[0] === 'settings' ? path[1] : path[0]));
  const faults = [...new Set(names)].map((name) => ({
    field: name,
    code: codes[name] ?? 'voice.field-number',
    message: 'This field cannot be used.',
  }));
  throw new AppError('invalid', 'voice.fields', 'Some fields cannot be used.', { faults });
}

const numberOf = (text: string): number => (text === '' ? Number.NaN : Number(text));
