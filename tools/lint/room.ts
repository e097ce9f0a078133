import { importsOf, type Breach, type SourceFile } from './source.ts';

/** Who stands first may be imported by who stands later (docs/architecture.md); the kits are for the edges of every room. */
export const rooms = [
  'kernel',
  'house',
  'kit',
  'customer',
  'contact',
  'audience',
  'form',
  'sms',
  'voice',
  'campaign',
  'call',
  'callback',
  'survey',
  'reminder',
  'vip',
  'report',
  'app',
] as const;

const layers = ['rule', 'db', 'command', 'api', 'page', 'cli'] as const;
type Layer = (typeof layers)[number] | null;

export const roomOf = (file: string): string | null => /^src\/([^/]+)\/./.exec(file)?.[1] ?? null;
/** The last word before `.ts`; null for an adapter at the edge: a driver, a server, a wire. */
export const layerOf = (file: string): Layer => layers.find((layer) => file.endsWith(`.${layer}.ts`)) ?? null;

const placeOf = (room: string): number => rooms.findIndex((each) => each === room);
const core: readonly Layer[] = ['rule', 'db', 'command'];

/** Every file of src belongs to a room, and no file is called after nothing in particular. */
export const roomlessFiles = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path: file }) => {
      const room = roomOf(file);
      return room === null || placeOf(room) < 0 || /\/(?:utils?|helpers?|common|services?|types|misc)[./]/.test(file);
    })
    .map(({ path: file }) => ({ rule: 'room', file, what: 'stands in no room, or under a name that says nothing' }));

/** A room imports those before it. */
export const roomOrder = (files: readonly SourceFile[]): Breach[] =>
  files.flatMap(importsOf).flatMap(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === null || other === null || placeOf(other) <= placeOf(room)) return [];
    if (other === 'kit' && !core.includes(layerOf(from))) return [];
    return [{ rule: 'room-order', file: from, what: to }];
  });

/** Which layers a layer may not import. A rule reads only rules: it must be decidable by a table. */
const above: Record<(typeof layers)[number], readonly Layer[]> = {
  rule: ['db', 'command', 'api', 'page', 'cli', null],
  db: ['command', 'api', 'page', 'cli'],
  command: ['api', 'page', 'cli'],
  api: ['page', 'cli'],
  page: ['cli'],
  cli: [],
};

/** A layer imports those below it. */
export const layerOrder = (files: readonly SourceFile[]): Breach[] =>
  files.flatMap(importsOf).flatMap(({ from, to }) => {
    const layer = layerOf(from);
    if (layer === null || !to.startsWith('src/') || !above[layer].includes(layerOf(to))) return [];
    return [{ rule: 'layer-order', file: from, what: to }];
  });
