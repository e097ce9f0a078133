/** The house's clock; customers who are elsewhere have a zone of their own. */
export const houseZone = 'Asia/Shanghai';

const zones = new Map([...Intl.supportedValuesOf('timeZone'), 'UTC'].map((zone) => [zone.toLowerCase(), zone]));

/** The IANA name of a time zone in its usual writing; null when there is none of that name. */
export const readZone = (written: string): string | null => zones.get(written.trim().toLowerCase()) ?? null;

/** What a list of suggestions begins with: China's two clocks and its neighbours'. */
export const usualZones = [
  houseZone,
  'Asia/Urumqi',
  'Asia/Hong_Kong',
  'Asia/Macau',
  'Asia/Taipei',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Asia/Seoul',
  'Australia/Sydney',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
] as const;
