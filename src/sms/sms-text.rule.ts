import { linkIn, messengerIn, mobilesIn, telephonesIn, type Span } from './contact-text.rule.ts';
import { placeholdersIn } from './placeholder.rule.ts';
import { countSegments, maxSmsLength } from './segment.rule.ts';

export type MessageKind = 'marketing' | 'notice';
export type { Span };

/** `zh` and `en` say what to change; neither repeats the text, which may be personal. */
export type TextFault = { code: TextFaultCode; severity: 'error' | 'warning'; zh: string; en: string; at?: Span };

/** What a promotion must end with, to the letter. */
export const optOutSentence = '拒收请回复R';

/** Longest value that carriers take for one variable. */
export const maxVariableLength = 35;

const maxNoticeContacts = 2;

// Longer than this nobody meant it as an SMS, and the searches below are not linear.
const hopelessLength = 10 * maxSmsLength;

const sentences = {
  'sign.length': ['error', '签名须为 2 至 12 个字。', 'Let the signature have 2 to 12 characters.'],
  'sign.brackets': [
    'error',
    '签名中不要写【】、() 或 []，平台会自动加上【】。',
    'Leave 【】, () and [] out of the signature; the platform adds 【】.',
  ],
  'sign.space': ['error', '请删去签名中的空格。', 'Take the spaces out of the signature.'],
  'sign.test': ['error', '签名不能包含“测试”或 test。', 'Take 测试 or test out of the signature.'],
  'text.empty': ['error', '请填写短信正文。', 'Write the text of the message.'],
  'text.too-long': [
    'error',
    `签名加正文不能超过 ${maxSmsLength} 个字，请缩短正文。`,
    `Shorten the text: with its signature it may have ${maxSmsLength} characters.`,
  ],
  'text.brackets': ['error', '正文中不能出现【】，请删去或换成「」。', 'Take 【】 out of the text; 「」 may be used.'],
  'text.unreadable-character': [
    'error',
    '正文中有看不见或无法显示的字符，请删去后重新输入。',
    'Take out the invisible or broken character.',
  ],
  'text.missing-opt-out': [
    'error',
    `营销短信须以“${optOutSentence}”结尾，一字不差，其后不能有标点或空格。`,
    `End a marketing text with exactly ${optOutSentence}, with nothing after it.`,
  ],
  'text.opt-out-not-last': [
    'error',
    `“${optOutSentence}”只能出现一次，并放在正文最后。`,
    `Write ${optOutSentence} once, as the very end of the text.`,
  ],
  'text.opt-out-in-notice': [
    'error',
    `通知短信不能带“${optOutSentence}”之类的退订语，请删去，或改为营销短信。`,
    'Take the opt-out sentence out of a notice, or make it a marketing text.',
  ],
  'text.mobile-number': [
    'error',
    '正文中不能出现手机号码，请改用固定电话、400 或 95 号码。',
    'Take the mobile number out; a land line, 400 or 95 number may be given.',
  ],
  'text.too-many-contacts': [
    'error',
    `通知短信最多 ${maxNoticeContacts} 个联系电话，请删去多余的。`,
    `Keep at most ${maxNoticeContacts} telephone numbers in a notice.`,
  ],
  'text.contact-in-marketing': [
    'warning',
    '营销短信中的电话可能被运营商拦截，须先在模板中报备，否则请删去。',
    'Carriers may block a telephone number in a marketing text; register it with the template or take it out.',
  ],
  'text.url': [
    'warning',
    '链接的域名须先备案并在模板中报备，否则可能被拦截。',
    'A link may be blocked unless its domain is filed and registered with the template.',
  ],
  'text.placeholder': [
    'warning',
    '这里像是变量，但会原样发出；变量请写成 {{name}}。',
    'This looks like a variable but goes out as it stands; write a variable as {{name}}.',
  ],
  'variable.empty': ['error', '变量不能为空，请填写内容。', 'Fill in the variable.'],
  'variable.too-long': ['error', '变量内容过长，请缩短。', 'Shorten the value of the variable.'],
  'variable.url': [
    'error',
    '变量中不能放链接，请写进模板正文。',
    'Put a link in the template itself, not in a variable.',
  ],
  'variable.contact': [
    'error',
    '变量中不能放电话、微信或 QQ 等联系方式，请写进模板正文。',
    'Put a telephone number or other contact in the template itself, not in a variable.',
  ],
  'variable.brackets': ['error', '变量中不能出现【】，请删去。', 'Take 【】 out of the variable.'],
  'variable.brace': [
    'error',
    '变量中不能出现 { 或 }，以免被平台当作变量，请删去。',
    'Take { and } out of the variable: the gateway could read them as another variable.',
  ],
  'variable.unreadable-character': [
    'error',
    '变量中有换行、看不见或无法显示的字符，请删去。',
    'Take the line break or the invisible or broken character out of the variable.',
  ],
} as const satisfies Record<string, readonly ['error' | 'warning', zh: string, en: string]>;

export type TextFaultCode = keyof typeof sentences;

// A line break is fine in a text, and U+200D joins family emoji; other format characters hide words from the filter.
const unreadable = /(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u;
const unreadableInText = /(?![\n\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u;
const brackets = /[【】]/;
const anyOptOut = /拒收请?回复?\s*R|退订请?回复?\s*[TRDN]|回复?\s*(?:TD|[TRDN])\s*(?:退订|拒收)/i;

/** Faults of a signature name, written without its 【】. */
export function checkSignName(signName: string): TextFault[] {
  const { length } = signName;
  return [
    ...(length < 2 || length > 12 ? [fault('sign.length')] : []),
    ...faultAt('sign.brackets', signName, /[【】()[\]（）［］]/),
    ...faultAt('sign.space', signName, /\s/),
    ...faultAt('sign.test', signName, /测试|test/i),
  ];
}

/** Faults of a template's source, with `{{name}}` variables; positions are in the source. */
export function checkTemplateText(input: { kind: MessageKind; signName: string; source: string }): TextFault[] {
  // Gateways hold the template as ${name}: that form is what they measure.
  const gatewayForm = input.source.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, '$${$1}');
  const { tooLong } = countSegments({ signName: input.signName, text: gatewayForm });
  const placeholders = input.source.length > hopelessLength ? [] : placeholdersIn(input.source);
  return [...checkBody(input.kind, input.source, tooLong), ...placeholders.map((at) => fault('text.placeholder', at))];
}

/** Faults of the text that one person would get: variables may bring in what the template does not have. */
export function checkRenderedText(input: { kind: MessageKind; signName: string; text: string }): TextFault[] {
  return checkBody(input.kind, input.text, countSegments(input).tooLong);
}

/** Faults of one variable's value. `maxLength` is in UTF-16 units, at most `maxVariableLength`. */
export function checkVariableValue(value: string, { maxLength = maxVariableLength } = {}): TextFault[] {
  if (value.trim() === '') return [fault('variable.empty')];
  if (value.length > Math.min(maxLength, maxVariableLength)) return [fault('variable.too-long')];
  const half = toHalfWidth(value);
  const [contact = messengerIn(half)] = [...mobilesIn(half), ...telephonesIn(half)];
  return [
    ...faultIn('variable.contact', contact),
    ...faultIn('variable.url', linkIn(half)),
    ...faultAt('variable.brackets', value, brackets),
    ...faultAt('variable.brace', half, /[{}]/),
    ...faultAt('variable.unreadable-character', value, unreadable),
  ];
}

function checkBody(kind: MessageKind, text: string, tooLong: boolean): TextFault[] {
  if (text.trim() === '') return [fault('text.empty')];
  const faults = tooLong ? [fault('text.too-long')] : [];
  if (text.length > hopelessLength) return faults;
  const half = toHalfWidth(text);
  return [
    ...faults,
    ...faultAt('text.brackets', text, brackets),
    ...faultAt('text.unreadable-character', text, unreadableInText),
    ...(kind === 'marketing' ? optOutFaults(text) : faultAt('text.opt-out-in-notice', half, anyOptOut)),
    ...mobilesIn(half).map((at) => fault('text.mobile-number', at)),
    ...contactFaults(kind, half),
    ...faultIn('text.url', linkIn(half)),
  ];
}

function optOutFaults(text: string): TextFault[] {
  const first = text.indexOf(optOutSentence);
  if (first === -1) return [fault('text.missing-opt-out', { start: text.length, end: text.length })];
  const end = first + optOutSentence.length;
  return end === text.length ? [] : [fault('text.opt-out-not-last', { start: first, end })];
}

function contactFaults(kind: MessageKind, half: string): TextFault[] {
  const contacts = telephonesIn(half);
  if (kind === 'marketing') return contacts.map((at) => fault('text.contact-in-marketing', at));
  return contacts.slice(maxNoticeContacts).map((at) => fault('text.too-many-contacts', at));
}

function fault(code: TextFaultCode, at?: Span): TextFault {
  const [severity, zh, en] = sentences[code];
  return { code, severity, zh, en, ...(at && { at }) };
}

function faultAt(code: TextFaultCode, text: string, pattern: RegExp): TextFault[] {
  const match = pattern.exec(text);
  return match ? [fault(code, { start: match.index, end: match.index + match[0].length })] : [];
}

const faultIn = (code: TextFaultCode, at: Span | null): TextFault[] => (at ? [fault(code, at)] : []);

/** Full-width forms and circled digits as ASCII, unit for unit, so that positions stay true. */
const toHalfWidth = (text: string): string =>
  text.replaceAll(/[\uff01-\uff5e\u3000\u00a0\u2460-\u2468\u24ea]/g, (unit) =>
    unit === '\u3000' ? ' ' : unit.normalize('NFKC'),
  );
