import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { CallScenario } from '../../../../sandbox/asterisk/scenario.ts';
import { createSandbox } from '../../../../sandbox/server.ts';
import { createAsteriskDialer } from '../../../../src/voice/asterisk/asterisk.ts';
import { AsteriskSettings } from '../../../../src/voice/asterisk/settings.rule.ts';
import type { Heard } from '../../../../src/voice/dialer.ts';

// Ample: what is waited for comes by events, and the machine may be busy.
export const patience = { timeout: 15_000 };
const quick = {
  progressMs: 5,
  ringMs: 30,
  refuseMs: 30,
  patienceMs: 5_000,
  promptMs: 60,
  phones: { answerMs: 20, manualMs: 300 },
};
export const number = '13800000001';
export const password = 'of-this-test';

/** The driver on a PBX of the sandbox, with what it heard and the PBX's own admin, until the test is over. */
export async function openPbx(calls: z.input<typeof CallScenario> = {}) {
  const sandbox = createSandbox({
    scenario: { calls: { ...quick, ...calls } },
    ari: { user: 'waihu', password },
  });
  const port = await sandbox.listen();
  onTestFinished(() => sandbox.close());
  const url = `http://127.0.0.1:${port}`;
  const settings = AsteriskSettings.parse({ url, user: 'waihu', timeoutMs: 1_000 });
  const line = () => {
    const dialer = createAsteriskDialer(settings, password);
    const heard: Heard[] = [];
    dialer.listen((each) => void heard.push(each));
    onTestFinished(() => dialer.close());
    const kinds = (leg: string) => heard.flatMap((each) => ('leg' in each && each.leg === leg ? [each.kind] : []));
    const until = (kind: Heard['kind'], leg?: string) =>
      expect
        .poll(
          () => heard.find((each) => each.kind === kind && (leg === undefined || ('leg' in each && each.leg === leg))),
          patience,
        )
        .toBeDefined();
    const end = (leg: string) =>
      heard.flatMap((each) => (each.kind === 'ended' && each.leg === leg ? [each.end] : []))[0];
    return { dialer, heard, kinds, until, end };
  };
  const admin = async (path: string, body: object, method = 'POST') => {
    const response = await fetch(`${url}/sandbox/calls/${path}`, { method, body: JSON.stringify(body) });
    expect(response.status).toBe(200);
  };
  const first = line();
  await first.until('restored');
  return { ...first, line, admin, url, witness: sandbox.calls, sandbox };
}
type Pbx = Awaited<ReturnType<typeof openPbx>>;

/** A customer is called; gives the leg. */
export async function call({ dialer }: Pbx, ringSeconds = 30): Promise<string> {
  const leg = randomUUID();
  expect(await dialer.dial({ leg, to: { phone: `+86${number}` }, callerNumber: '01060000000', ringSeconds })).toEqual({
    kind: 'done',
  });
  return leg;
}

/** An agent's phone is called and answered; gives the leg. */
export async function pickUp({ dialer, until }: Pbx, extension = 'PJSIP/1001'): Promise<string> {
  const leg = randomUUID();
  const wanted = { leg, to: { extension }, callerNumber: '1000', ringSeconds: 20, autoAnswer: true };
  expect(await dialer.dial(wanted)).toEqual({ kind: 'done' });
  await until('answered', leg);
  return leg;
}
