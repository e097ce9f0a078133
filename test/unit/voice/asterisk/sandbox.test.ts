import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { eventsUrl, openLine } from '../../../../src/voice/asterisk/line.ts';
import { basicOf } from '../../../../src/voice/asterisk/rest.ts';
import { call, number, openPbx, password, patience, pickUp } from './pbx-kit.ts';

test.each([
  ['busy', 'busy', 17, 486, ['ringing', 'ended']],
  ['unavailable', 'unavailable', 19, 480, ['ringing', 'ended']],
  ['reject', 'rejected', 21, 603, ['ringing', 'ended']],
  ['invalid', 'invalid', 1, 404, ['ended']],
  ['congestion', 'congestion', 34, 503, ['ended']],
  ['network', 'network', 27, 502, ['ended']],
  ['trunk-auth', 'trunk-auth', 21, 403, ['ended']],
] as const)('a carrier that says %s', async (fate, disposition, cause, sipCode, kinds) => {
  const pbx = await openPbx({ fates: { [fate]: 1 } });
  const leg = await call(pbx);
  await pbx.until('ended', leg);
  expect(pbx.end(leg)).toMatchObject({ disposition, cause, sipCode, hungUpBy: 'customer' });
  expect(pbx.kinds(leg)).toEqual(kinds);
});

test.each([
  ['no-answer', 'no-answer', ['ringing', 'ended']],
  ['silent', 'no-response', ['ended']],
] as const)('our ring time-out where the fate is %s', async (fate, disposition, kinds) => {
  const pbx = await openPbx({ fates: { [fate]: 1 } });
  const leg = await call(pbx, 1);
  await pbx.until('ended', leg);
  expect(pbx.end(leg)).toMatchObject({ disposition, cause: 19, sipCode: 480, hungUpBy: 'us' });
  expect(pbx.kinds(leg)).toEqual(kinds);
});

test('hung up by us while it rings', async () => {
  const pbx = await openPbx({ fates: { 'no-answer': 1 } });
  const leg = await call(pbx);
  await pbx.until('ringing', leg);
  expect(await pbx.dialer.find(leg)).toEqual({ kind: 'lives', state: 'ringing' });
  expect(await pbx.dialer.hangUp(leg)).toEqual({ kind: 'done' });
  await pbx.until('ended', leg);
  expect(pbx.end(leg)).toMatchObject({ disposition: 'cancelled', cause: 16, sipCode: null, hungUpBy: 'us' });
  expect(await pbx.dialer.find(leg)).toEqual({ kind: 'gone' });
  expect(await pbx.dialer.hangUp(leg)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.play(leg, randomUUID(), 'sound:hello')).toEqual({ kind: 'gone' });
});

test('a prompt is heard and a key pressed', async () => {
  const pbx = await openPbx({ customers: { [number]: { keys: '4#' } }, keys: { delayMs: 5 } });
  const leg = await call(pbx);
  await pbx.until('answered', leg);
  const playId = randomUUID();
  expect(await pbx.dialer.play(leg, playId, 'sound:hello')).toEqual({ kind: 'done' });
  await pbx.until('played', leg);
  const keys = pbx.heard.flatMap((each) => (each.kind === 'key' ? [each.digit] : []));
  expect(keys.join('')).toBe('4#');
  expect(pbx.heard.find(({ kind }) => kind === 'played')).toMatchObject({ leg, playId });
  const second = randomUUID();
  await pbx.dialer.play(leg, second, 'sound:hello');
  expect(await pbx.dialer.stopPlaying(second)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.hold(leg, true)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.hold(leg, false)).toEqual({ kind: 'done' });
  expect(pbx.witness.ofChannel(leg)[0]).toMatchObject({ keys: '4#', heard: ['sound:hello', 'sound:hello'] });
});

test('bridged with an agent, recorded, hung up by the customer: the agent’s leg stays', async () => {
  const pbx = await openPbx({ customers: { [number]: { talkMs: 1_100, endsTalk: true } } });
  const agent = await pickUp(pbx);
  const leg = await call(pbx);
  await pbx.until('answered', leg);
  const bridgeId = leg;
  expect(await pbx.dialer.bridge(bridgeId, [leg, agent])).toEqual({ kind: 'done' });
  const name = `2026/11/28/${leg}`;
  expect(await pbx.dialer.record(bridgeId, name)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.record(bridgeId, name)).toEqual({ kind: 'exists' });
  await pbx.until('bridged', leg);
  await pbx.until('bridged', agent);
  await pbx.until('ended', leg);
  expect(pbx.end(leg)).toMatchObject({ disposition: 'answered', cause: 16, hungUpBy: 'customer' });
  expect(await pbx.dialer.find(agent)).toEqual({ kind: 'lives', state: 'up' });
  expect(await pbx.dialer.endBridge(bridgeId)).toEqual({ kind: 'done' });
  await pbx.until('recorded');
  expect(pbx.heard.find(({ kind }) => kind === 'recorded')).toMatchObject({ name, failure: null });
  const sound = await pbx.dialer.recording(name);
  expect(sound?.type).toBe('audio/wav');
  expect(Buffer.from(sound?.bytes ?? []).toString('latin1', 0, 4)).toBe('RIFF');
  expect(sound?.bytes.length).toBeGreaterThan(16_000);
  expect(await pbx.dialer.deleteRecording(name)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.recording(name)).toBeNull();
});

test('the end of a recording is heard though everybody has left the bridge', async () => {
  const pbx = await openPbx();
  const agent = await pickUp(pbx);
  const leg = await call(pbx);
  await pbx.until('answered', leg);
  await pbx.dialer.bridge(leg, [leg, agent]);
  await pbx.dialer.record(leg, leg);
  await pbx.dialer.hangUp(leg);
  await pbx.until('ended', leg);
  expect(await pbx.dialer.leaveBridge(leg, agent)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.leaveBridge(leg, agent)).toEqual({ kind: 'done' });
  expect(await pbx.dialer.stopRecording(leg)).toEqual({ kind: 'done' });
  await pbx.until('recorded');
});

test('an agent’s phone that falls out of a talk', async () => {
  const pbx = await openPbx({ extensions: { '1001': { answers: 'auto', dropAfterMs: 50 } } });
  const agent = await pickUp(pbx);
  const leg = await call(pbx);
  await pbx.until('answered', leg);
  await pbx.dialer.bridge(leg, [leg, agent]);
  await pbx.until('ended', agent);
  expect(pbx.end(agent)).toMatchObject({ disposition: 'answered', hungUpBy: 'agent' });
  expect(await pbx.dialer.find(leg)).toEqual({ kind: 'lives', state: 'up' });
});

test('a phone that does not answer by itself, one that never does, one that is not there', async () => {
  const pbx = await openPbx({
    extensions: {
      '1001': { answers: 'manual', answerMs: 200 },
      '1002': { answers: 'never' },
      '1003': { answers: 'gone' },
    },
  });
  await pickUp(pbx, 'PJSIP/1001');
  const [silent, gone] = [randomUUID(), randomUUID()];
  const wanted = { callerNumber: '1000', ringSeconds: 1, autoAnswer: true };
  await pbx.dialer.dial({ ...wanted, leg: silent, to: { extension: 'PJSIP/1002' } });
  await pbx.until('ended', silent);
  expect(pbx.end(silent)).toMatchObject({ disposition: 'no-answer' });
  // "Allocation failed" proves nothing by itself; the look does.
  expect(await pbx.dialer.dial({ ...wanted, leg: gone, to: { extension: 'PJSIP/1003' } })).toEqual({
    kind: 'unknown',
    code: 'http-500',
  });
  expect(await pbx.dialer.find(gone)).toEqual({ kind: 'gone' });
});

test.each(['reset-after', 'error-after', 'silence-after'])(
  'a dial that came through unheard (%s) is found, and its repetition rings nobody',
  async (action) => {
    const pbx = await openPbx({ fates: { 'no-answer': 1 } });
    await pbx.admin('faults', { action });
    const leg = randomUUID();
    const dial = { leg, to: { phone: `+86${number}` }, callerNumber: '01060000000', ringSeconds: 30 };
    expect(await pbx.dialer.dial(dial)).toMatchObject({ kind: 'unknown' });
    expect(await pbx.dialer.find(leg)).toMatchObject({ kind: 'lives' });
    expect(await pbx.dialer.dial(dial)).toEqual({ kind: 'exists' });
    expect(pbx.witness.summary()).toMatchObject({ originates: 1, sameIdAgain: 0, sameNumberAtOnce: 0 });
  },
);

test('an id that has ended dials again, and the witness tells of it', async () => {
  const pbx = await openPbx({ fates: { busy: 1 } });
  const leg = await call(pbx);
  await pbx.until('ended', leg);
  await pbx.dialer.dial({ leg, to: { phone: `+86${number}` }, callerNumber: '0', ringSeconds: 30 });
  expect(pbx.witness.summary()).toMatchObject({ originates: 2, sameIdAgain: 1 });
});

test('a socket that drops: calls go on, their events are lost, the line comes back and tells what lives', async () => {
  const pbx = await openPbx({ customers: { [number]: { ringMs: 400 } } });
  const agent = await pickUp(pbx);
  const leg = await call(pbx);
  await pbx.until('ringing', leg);
  const before = pbx.heard.length;
  await pbx.admin('sockets', { action: 'drop' });
  await pbx.until('lost');
  await expect
    .poll(() => pbx.heard.slice(before).map(({ kind }) => kind), patience)
    .toEqual(expect.arrayContaining(['lost', 'restored']));
  const legs = await pbx.dialer.legs();
  expect(legs.get(agent)).toBe('up');
  expect(legs.has(leg)).toBe(true);
  await pbx.until('answered', leg);
});

test('a socket that is open and silent is taken for dead, and the line comes back when the peer does', async () => {
  const pbx = await openPbx();
  const said: string[] = [];
  const say = (word: string) => () => void said.push(word);
  const on = {
    event: say('event'),
    opened: async () => true,
    up: say('up'),
    down: say('down'),
    replaced: say('replaced'),
  };
  const line = openLine(eventsUrl(pbx.url, 'other'), basicOf('waihu', password), 1_000, on, 150);
  onTestFinished(() => line.close());
  await expect.poll(() => said, patience).toEqual(['up']);
  // Six beats with an answer each: a peer that is there is left alone.
  await new Promise((resolve) => setTimeout(resolve, 900));
  expect(said).toEqual(['up']);
  await pbx.admin('sockets', { action: 'freeze' });
  await expect.poll(() => said.slice(0, 2), patience).toEqual(['up', 'down']);
  await pbx.admin('sockets', { action: 'thaw' });
  await expect.poll(() => line.isUp(), patience).toBe(true);
});

test('a PBX that is gone in mid-call: nothing is told, and the look finds nobody', async () => {
  const pbx = await openPbx();
  const agent = await pickUp(pbx);
  const leg = await call(pbx);
  await pbx.until('answered', leg);
  await pbx.dialer.bridge(leg, [leg, agent]);
  const before = pbx.heard.length;
  await pbx.admin('restart', {});
  await expect
    .poll(() => pbx.heard.slice(before).map(({ kind }) => kind), patience)
    .toEqual(expect.arrayContaining(['lost', 'restored']));
  expect(pbx.end(leg)).toBeUndefined();
  expect(await pbx.dialer.find(leg)).toEqual({ kind: 'gone' });
  expect(await pbx.dialer.legs()).toEqual(new Map());
});

test('a second process takes the line: the first hears that it was replaced', async () => {
  const pbx = await openPbx({ fates: { 'no-answer': 1 } });
  const leg = await call(pbx);
  const second = pbx.line();
  await second.until('restored');
  await pbx.until('replaced');
  expect(await second.dialer.legs()).toEqual(new Map([[leg, expect.any(String)]]));
  await second.dialer.hangUp(leg);
  await second.until('ended', leg);
  expect(pbx.end(leg)).toBeUndefined();
});

test('a supervisor listens, whispers, steps in, and leaves', async () => {
  const pbx = await openPbx();
  const [agent, boss] = [await pickUp(pbx), await pickUp(pbx, 'PJSIP/1009')];
  const leg = await call(pbx);
  await pbx.until('answered', leg);
  await pbx.dialer.bridge(leg, [leg, agent]);
  const of = { leg: agent, bridgeId: leg };
  for (const how of ['listen', 'whisper', 'listen', 'barge'] as const)
    expect(await pbx.dialer.supervise(how, of, boss)).toEqual({ kind: 'done' });
  await expect
    .poll(() => pbx.heard.filter((each) => each.kind === 'bridged' && each.bridgeId === leg).length, patience)
    .toBe(3);
  expect(await pbx.dialer.endSupervision(boss)).toEqual({ kind: 'done' });
  await pbx.until('ended', boss);
  expect([...(await pbx.dialer.legs()).keys()].toSorted()).toEqual([agent, leg].toSorted());
});
