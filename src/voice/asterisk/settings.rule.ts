import { z } from 'zod';

/** How a number is written to the trunk. National of the mainland: mobiles as they are, landlines with their 0. */
export const numberStyles = ['national', 'e164', 'digits'] as const;

export const AsteriskSettings = z.object({
  /** Where http.conf listens, with its prefix if it has one: `https://pbx.example:8089`. */
  url: z.url({ protocol: /^https?$/ }),
  /** Of ari.conf. */
  user: z.string().min(1).max(70),
  /** Name of the Stasis application; two installations on one PBX need two. */
  application: z
    .string()
    .max(40)
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
    .default('waihu'),
  /** The trunk's way to a number. */
  dialString: z
    .string()
    .regex(/^[\w./@:{}+*#-]*\{number\}[\w./@:{}+*#-]*$/)
    .max(120)
    .default('PJSIP/{number}@carrier'),
  numberStyle: z.enum(numberStyles).default('national'),
  timeoutMs: z.int().min(1_000).max(60_000).default(5_000),
});
export type AsteriskSettings = z.infer<typeof AsteriskSettings>;

/** `+8613800000000` as the trunk wants it. */
export function dialNumber(phone: string, style: AsteriskSettings['numberStyle']): string {
  if (style === 'e164') return phone;
  const digits = phone.replace(/^\+/, '');
  if (style === 'digits' || !digits.startsWith('86')) return style === 'national' ? `00${digits}` : digits;
  const own = digits.slice(2);
  // A mobile has eleven digits that begin with 1; 10 is Beijing's area code, whose numbers are dialled with 0.
  return /^1[3-9]\d{9}$/.test(own) || /^(?:400|800)\d{7}$/.test(own) ? own : `0${own}`;
}

export const endpointOf = (settings: Pick<AsteriskSettings, 'dialString' | 'numberStyle'>, phone: string): string =>
  settings.dialString.replace('{number}', () => dialNumber(phone, settings.numberStyle));

/** The trunk's own name in a dial string: `PJSIP/{number}@carrier` is `PJSIP/carrier`; null where it names none. */
export function trunkOf(dialString: string): string | null {
  const [, technology, name] = /^(\w+)\/\{number\}@([\w.-]+)/.exec(dialString) ?? [];
  return technology === undefined || name === undefined ? null : `${technology}/${name}`;
}
