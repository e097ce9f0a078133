// How large the rooms are: files, median, 90th percentile and longest, in lines. `node tools/lint/sizes.ts`.
import { roomOf } from './room.ts';
import { read } from './source.ts';

const sizes = new Map<string, { file: string; lines: number }[]>();
for (const { path: file, text } of read('src/**/*.ts', 'activities/**/*.ts', 'workflows/**/*.ts')) {
  const room = roomOf(file) ?? file.split('/')[0] ?? file;
  sizes.set(room, [...(sizes.get(room) ?? []), { file, lines: text.split('\n').length - 1 }]);
}

process.stdout.write('| room | files | median | p90 | longest |\n|---|--:|--:|--:|---|\n');
const all = [...sizes.values()].flat();
for (const [room, files] of [...[...sizes].toSorted(([a], [b]) => a.localeCompare(b)), ['all', all] as const]) {
  const lines = files.map((each) => each.lines).toSorted((a, b) => a - b);
  const at = (share: number): number => lines[Math.min(lines.length - 1, Math.floor(share * lines.length))] ?? 0;
  const longest = files.toSorted((a, b) => b.lines - a.lines)[0];
  process.stdout.write(
    `| ${room} | ${lines.length} | ${at(0.5)} | ${at(0.9)} | ${longest?.lines} ${longest?.file} |\n`,
  );
}
