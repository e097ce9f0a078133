import type { Translate } from '../../kernel/translate.ts';

/** Why something stands as it does: people's own words, or the sentence of the code. */
export function reasonOf(t: Translate, reason: Record<string, unknown> | null): string | null {
  if (reason === null) return null;
  if (typeof reason['reason'] === 'string' && reason['reason'] !== '') return reason['reason'];
  const code = typeof reason['code'] === 'string' ? reason['code'] : '';
  const params = Object.fromEntries(
    Object.entries(reason).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
  ) as Record<string, string | number>;
  const changed = Array.isArray(reason['changed']) ? reason['changed'].join(', ') : null;
  const sentence = [`error.${code}`, `campaign.why.${code}`].find((key) => t.has(key));
  const said = sentence ? saying(t, sentence, params) : code;
  return changed === null ? said : `${said} (${changed})`;
}

/** A sentence that wants a detail which is not there is worth less than the code. */
function saying(t: Translate, key: string, params: Record<string, string | number>): string {
  try {
    return t(key, params);
  } catch {
    return key.slice(key.indexOf('.') + 1);
  }
}
