/** A text too long to be a sentence is data. */
const LONGEST_READ = 4_000;
const LONGEST_KEPT = 200;
const GAP = '***';

const WITHHELD = 'The text of the gateway is withheld: it repeats data of the message.';

const URL_LIKE = /[a-z][a-z0-9+.-]*:\/\/\S+|\bwww\.\S+|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?\/\S*/gi;
const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b|\blocalhost(?::\d+)?/gi;
/** Five digits or more, also when grouped (138 0013-8000) or full-width. */
const NUMBER_LIKE = /[+＋]?\p{Nd}(?:[\s().·-]{0,2}\p{Nd}){4,}/gu;

/**
 * A gateway's sentence fit for logs and the database: no URL, no number of five digits or more, none of `secrets`
 * (phones, variable values) as such, percent-encoded or JSON-escaped, in any case of letters. At most 200 characters.
 */
export function scrub(text: string, secrets: Iterable<string>): string {
  if (text.length > LONGEST_READ) return WITHHELD;
  const forms = [...new Set([...secrets].flatMap(formsOf))].filter((form) => form !== '').sort(longestFirst);
  let clean = text;
  // Values first: a URL or a number inside one must not be cut before the whole of it is recognised.
  if (forms.length > 0) clean = clean.replace(new RegExp(forms.map(escapeRegExp).join('|'), 'gi'), GAP);
  clean = clean
    .replace(/\S+/g, hideQuery)
    .replace(URL_LIKE, GAP)
    .replace(ADDRESS, GAP)
    .replace(NUMBER_LIKE, GAP)
    .replace(/\s+/g, ' ')
    .trim();
  const lower = clean.toLowerCase();
  if (forms.some((form) => lower.includes(form.toLowerCase()))) return WITHHELD;
  return clean.length > LONGEST_KEPT ? `${clean.slice(0, LONGEST_KEPT - 1)}…` : clean;
}

/** A word with a query in it. Not one regular expression: on a hostile text that would take cubic time. */
const hideQuery = (word: string) => (word.includes('=') && /[?&]/.test(word) ? GAP : word);

const longestFirst = (a: string, b: string) => b.length - a.length;
const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function formsOf(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  // A lone surrogate cannot be percent-encoded; it can still be replaced as it is.
  const encoded = secret.isWellFormed() ? encodeURIComponent(secret) : secret;
  return [secret, secret.trim(), escaped, encoded];
}
