import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOfKey } from '../../house/installation-key.command.ts';
import { findKey, type KeyPlace } from '../../house/installation-key.ts';
import { installationKey } from '../../kernel/installation-key.rule.ts';
import { chinaTime } from '../../kit/cli/output.ts';
import type { Config } from '../config.ts';
import type { Running } from './data-folder.ts';

/** What is printed when everything is up: where things are and what to type next. */
export function summarise(
  running: Running,
  { dataFolder, publicUrl, key }: Pick<Config, 'dataFolder' | 'publicUrl' | 'key'>,
): string {
  const sandbox =
    running.sandboxUrl === undefined
      ? 'off: messages go out through the gateway accounts you add, to real people'
      : `${running.sandboxUrl}   plays ${running.sandboxScenario}; nothing leaves this machine`;
  const rows = [
    ['Console', publicUrl ?? byName(running.url)],
    ['API', `${running.url}/api/docs`],
    ['Temporal', running.temporalUiUrl ?? running.temporalAddress],
    ['Sandbox', sandbox],
    ['Data and logs', dataFolder],
    ['Administrator key', join(dataFolder, 'admin-key')],
    ...sealKeyRow(key),
    ...firstLink(join(dataFolder, 'first-sign-in-link')),
    ...firstDays(join(dataFolder, 'first-days-until')),
  ] as const;
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [
    '',
    'Waihu is up.',
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}${value}`),
    '',
    'Next, in another terminal:',
    '',
    // It writes to invented people: without the sandbox there is nobody to play them.
    ...(running.sandboxUrl === undefined ? [] : ['  npx waihu demo      plays a signed campaign']),
    '  npx waihu --help    lists all commands',
    '',
    'Ctrl-C stops everything; the next start continues where this one ended.',
    '',
  ].join('\n');
}

/** Browsers give passkeys to a name, never to an address of numbers. */
const byName = (url: string): string => url.replace('//127.0.0.1', '//localhost');

/** What auditors compare an archive's seal with: also at /.well-known/waihu-keys. */
function sealKeyRow(place: KeyPlace): [string, string][] {
  const key = findKey(place);
  return key ? [['Seal fingerprint', fingerprintOfKey(installationKey(key))]] : [];
}

/** Shown here and in its file only: whoever opens it becomes the administrator. */
function firstLink(file: string): [string, string][] {
  try {
    return [['First sign-in (once)', readFileSync(file, 'utf8').trim()]];
  } catch {
    // Somebody can sign in already: there is no such link.
    return [];
  }
}

/** An exception is said aloud: until then one administrator alone can make signing keys good. */
function firstDays(file: string): [string, string][] {
  try {
    const until = chinaTime(readFileSync(file, 'utf8').trim());
    return [
      ['First days', `until ${until} (Beijing) the only administrator may approve signing keys alone, on record;`],
      ['', 'invite a second administrator before then, who approves from now on'],
    ];
  } catch {
    return [];
  }
}
