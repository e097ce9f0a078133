import { Transform, type Readable } from 'node:stream';
import { AppError } from '../../kernel/app-error.rule.ts';

/**
 * The body of a request, cut off at the limit (`import.too-large`); one that ends before it is whole fails with
 * `import.interrupted`. When the reader gives up early the rest is let run out: closing it would close the answer's way too.
 */
export function limitedUpload(source: Readable, limitBytes: number): Readable {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes <= limitBytes) return done(null, chunk);
      const message = `The file is larger than ${limitBytes} bytes; split it.`;
      return done(new AppError('invalid', 'import.too-large', message, { limitBytes }));
    },
  });
  const interrupted = (): void => {
    counter.destroy(
      new AppError('invalid', 'import.interrupted', 'The upload ended before the file did; upload it again.'),
    );
  };
  counter.once('close', () => {
    source.unpipe(counter);
    source.resume();
  });
  source.on('error', (error) => counter.destroy(error));
  // A client that hangs up in the middle must not leave half a file looking whole.
  source.once('close', () => {
    if (!source.readableEnded) interrupted();
  });
  // It may have hung up before anybody listened: then neither event comes any more.
  if (source.destroyed && !source.readableEnded) {
    counter.on('error', () => undefined);
    interrupted();
    return counter;
  }
  return source.pipe(counter);
}
