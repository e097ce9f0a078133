import { expect, test } from 'vitest';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import { openHouse } from '../../kit/http/kit.ts';

const house = await openHouse({
  extraRoutes: (api) =>
    void api.get('/too-often', { config: { needs: 'nobody-signed-in' } }, () => {
      throw new AppError('denied', 'auth.throttled', 'Too many attempts.', { retryAfterSeconds: 420 });
    }),
});

test('too many attempts answer 429 and say when to come back', async () => {
  const { status, body, headers } = await house.call('GET', '/too-often', { as: null });
  expect({ status, code: body['code'], wait: headers['retry-after'] }).toEqual({
    status: 429,
    code: 'auth.throttled',
    wait: '420',
  });
});
