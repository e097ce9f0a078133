const CHINA_MOBILE = /^1[3-9]\d{9}$/;
const E164 = /^\+[1-9]\d{6,14}$/;

/** E.164 as the gateway wants it: mainland mobiles as 11 digits, others without the plus; null when it is neither. */
export function toGatewayPhone(phone: string): string | null {
  if (!E164.test(phone)) return null;
  const digits = phone.slice(1);
  if (!digits.startsWith('86')) return digits;
  const national = digits.slice(2);
  return CHINA_MOBILE.test(national) ? national : null;
}

/** Any form the gateway uses (11 digits, or after +, +86, 0086, 86; else country code and number) as E.164, or null. */
export function fromGatewayPhone(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const digits = String(value)
    .trim()
    .replace(/^(\+|00)/, '');
  const national = digits.startsWith('86') ? digits.slice(2) : digits;
  if (CHINA_MOBILE.test(national)) return `+86${national}`;
  const foreign = `+${digits}`;
  return E164.test(foreign) ? foreign : null;
}
