import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { workflowBundle } from '../../../../src/app/run/workflow-bundle.ts';

test('the workflows are bundled once for what they are made of; older bundles go, other files stay', async () => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'waihu-bundle-')), 'run');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'workflows-0000.js'), 'older');
  const first = await workflowBundle(folder);
  expect(readdirSync(folder)).toEqual([path.basename(first.codePath)]);
  const code = readFileSync(first.codePath, 'utf8');
  expect(code).toContain('smsCampaign');
  writeFileSync(path.join(folder, 'workflows-0000.js'), 'older');
  writeFileSync(path.join(folder, 'worker.json'), '{}');
  // Made again it would be written anew: the same file is given as it stands.
  writeFileSync(first.codePath, `${code}\n// seen`);
  expect(await workflowBundle(folder)).toEqual(first);
  expect(readFileSync(first.codePath, 'utf8')).toContain('// seen');
  const another = path.join(folder, 'another');
  const second = await workflowBundle(another);
  expect(path.basename(second.codePath)).toBe(path.basename(first.codePath));
  expect(readdirSync(another)).toEqual([path.basename(first.codePath)]);
  expect(readdirSync(folder).toSorted()).toContain('worker.json');
});
