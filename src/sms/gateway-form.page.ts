import { z } from 'zod';
import { NewGatewayInput } from './gateway-account.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { typed } from '../kernel/field.rule.ts';
import type { GatewaySettings } from './gateway-account.db.ts';

const Form = z.object({
  name: typed(100),
  endpoint: typed(200),
  protocol: z.enum(['https', 'http']),
  credentialsFile: typed(500),
  ratePerSecond: typed(10),
  priceYuan: typed(20),
  timeoutMs: typed(10),
  askTemplateEvery: typed(10),
  marketingFrom: typed(5),
  marketingTo: typed(5),
  noticeFrom: typed(5),
  noticeTo: typed(5),
  askUnknownAfter: typed(10),
  askAcceptedAfter: typed(10),
  askEvery: typed(10),
  proofs: typed(10),
  listLag: typed(10),
  afterDay: z.enum(['yes', 'no']),
  receiptHours: typed(10),
});
/** An account as it is typed: money in yuan, hours as `HH:mm`. */
export type GatewayForm = z.infer<typeof Form>;
/** What a form carries: a field that it leaves out stays as it is, or as a new account begins. */
export const GatewayFields = Form.partial();

export function formOfGateway(account: {
  name: string;
  settings: GatewaySettings;
  ratePerSecond: number;
  priceMilliYuan: number;
}): GatewayForm {
  const { endpoint, protocol, credentialsFile = '', timeoutMs, askTemplateEvery, hours, settle } = account.settings;
  return {
    name: account.name,
    endpoint,
    protocol,
    credentialsFile,
    ratePerSecond: String(account.ratePerSecond),
    priceYuan: String(account.priceMilliYuan / 1_000),
    timeoutMs: String(timeoutMs),
    askTemplateEvery: String(askTemplateEvery),
    marketingFrom: hours.marketing[0],
    marketingTo: hours.marketing[1],
    noticeFrom: hours.notice[0],
    noticeTo: hours.notice[1],
    askUnknownAfter: String(settle.askUnknownAfter),
    askAcceptedAfter: String(settle.askAcceptedAfter),
    askEvery: String(settle.askEvery),
    proofs: String(settle.proofs),
    listLag: String(settle.listLag),
    afterDay: settle.afterDay ? 'yes' : 'no',
    receiptHours: String(settle.receiptHours),
  };
}

/** A new account as the house begins it. */
export const newGatewayForm = (): GatewayForm =>
  formOfGateway({
    name: '',
    settings: NewGatewayInput.shape.settings.parse({}),
    ratePerSecond: 100,
    priceMilliYuan: 45,
  });

/** Throws `gateway.fields` with a fault a field. */
export function readGatewayForm(form: GatewayForm): z.input<typeof NewGatewayInput> {
  const faults: { field: string; code: string; message: string }[] = [];
  const refuse = (name: keyof GatewayForm, code: string) =>
    void faults.push({ field: name, code, message: 'This field cannot be used.' });
  const whole = (name: keyof GatewayForm, least: number, most: number): number => {
    const value = Number(form[name]);
    if (form[name] !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    refuse(name, 'gateway.field-number');
    return least;
  };
  const hours = (from: keyof GatewayForm, to: keyof GatewayForm): [string, string] => {
    const readable = [form[from], form[to]].map((time) => time === '24:00' || /^([01]\d|2[0-3]):[0-5]\d$/.test(time));
    if (!readable[0]) refuse(from, 'gateway.field-time');
    if (!readable[1]) refuse(to, 'gateway.field-time');
    else if (readable[0] && form[from] >= form[to]) refuse(to, 'gateway.field-hours');
    return [form[from], form[to]];
  };
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(form.name)) refuse('name', 'gateway.field-name');
  if (!/^[a-z0-9.-]+(:\d{1,5})?$/i.test(form.endpoint)) refuse('endpoint', 'gateway.field-endpoint');
  if (!/^\d{1,3}(\.\d{1,3})?$/.test(form.priceYuan) || Number(form.priceYuan) > 100)
    refuse('priceYuan', 'gateway.field-price');
  const wanted = {
    name: form.name,
    provider: 'aliyun' as const,
    ratePerSecond: whole('ratePerSecond', 1, 100_000),
    priceMilliYuan: Math.round(Number(form.priceYuan) * 1_000),
    settings: {
      endpoint: form.endpoint,
      protocol: form.protocol,
      ...(form.credentialsFile !== '' && { credentialsFile: form.credentialsFile }),
      timeoutMs: whole('timeoutMs', 1_000, 60_000),
      askTemplateEvery: whole('askTemplateEvery', 5, 3_600),
      hours: { marketing: hours('marketingFrom', 'marketingTo'), notice: hours('noticeFrom', 'noticeTo') },
      settle: {
        askUnknownAfter: whole('askUnknownAfter', 1, 86_400),
        askAcceptedAfter: whole('askAcceptedAfter', 1, 604_800),
        askEvery: whole('askEvery', 1, 86_400),
        proofs: whole('proofs', 2, 100),
        listLag: whole('listLag', 0, 604_800),
        afterDay: form.afterDay === 'yes',
        receiptHours: whole('receiptHours', 1, 720),
      },
    },
  };
  if (faults.length > 0) throw new AppError('invalid', 'gateway.fields', 'Some fields cannot be used.', { faults });
  return wanted;
}
