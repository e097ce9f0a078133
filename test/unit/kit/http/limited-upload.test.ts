import { PassThrough, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { limitedUpload } from '../../../../src/kit/http/limited-upload.ts';

const source = (): PassThrough => new PassThrough();
const read = (stream: Readable): Promise<string> => buffer(stream).then(String);

test('a body below the limit comes through whole', async () => {
  const body = source();
  const limited = limitedUpload(body, 8);
  body.write('1234');
  body.end('5678');
  expect(await read(limited)).toBe('12345678');
});

test('a body above the limit fails, and the rest of it is let run out', async () => {
  const body = source();
  const limited = limitedUpload(body, 8);
  body.end('x'.repeat(200_000));
  await expect(read(limited)).rejects.toMatchObject({ code: 'import.too-large' });
  await expect.poll(() => body.readableEnded).toBe(true);
});

test.each([
  ['before anybody listens', (body: PassThrough) => void body.destroy(), () => undefined],
  [
    'with an error before anybody listens',
    (body: PassThrough) => {
      body.on('error', () => undefined);
      body.destroy(new Error('aborted'));
    },
    () => undefined,
  ],
  ['while it is read', () => undefined, (body: PassThrough) => void body.destroy()],
  ['with an error while it is read', () => undefined, (body: PassThrough) => void body.destroy(new Error('aborted'))],
])('a client that hangs up %s leaves no half file', async (_, before, during) => {
  const body = source();
  body.write('half');
  before(body);
  await new Promise((resolve) => setImmediate(resolve));
  const limited = limitedUpload(body, 100);
  const reading = read(limited);
  setImmediate(() => during(body));
  await expect(reading).rejects.toThrow();
});
