import { expect, test } from 'vitest';
import { readEvent } from '../../../../src/voice/asterisk/event.rule.ts';
import { createLegBook } from '../../../../src/voice/asterisk/leg-book.ts';
import recorded from './recorded-events.json' with { type: 'json' };

const at = new Date('2026-11-26T03:00:00Z');
type Case = { leg: string; events: (object | 'hang up')[]; told: { kind: string }[] };
const cases = Object.entries(recorded as Record<string, Case>);

/** Plays the events of a channel; `dialled`: as the process that dialled it hears them. */
function play({ leg, events }: Case, dialled: boolean) {
  const book = createLegBook(() => at);
  if (dialled) book.dialling(leg, false);
  return events.flatMap((event) => {
    if (event === 'hang up') {
      book.hangingUp(leg);
      return [];
    }
    const read = readEvent(JSON.stringify(event));
    return read === null ? [] : book.hear(read);
  });
}
const withLeg = ({ leg, told }: Case) =>
  told.map((each) => ({ ...each, at, ...(each.kind === 'recorded' ? {} : { leg }) }));

test.each(cases)('%s', (name, each) => {
  // A process that heard only the end does not know whom it had dialled, and says so.
  expect(play(each, !name.startsWith('only') && !name.startsWith('gone'))).toEqual(withLeg(each));
});

test.each(cases.filter(([name]) => name.startsWith('answered') || name.startsWith('bridged')))(
  '%s: a process that did not dial knows from the channel whose leg it is',
  (_, each) => {
    expect(play(each, false)).toEqual(withLeg(each));
  },
);

test.each(cases)('%s: every event that comes twice ends a leg once and answers it once', (_, each) => {
  const kinds = play({ ...each, events: each.events.flatMap((event) => [event, event]) }, true).map(({ kind }) => kind);
  const until = kinds.slice(0, kinds.indexOf('ended') + 1);
  expect(until.filter((kind) => kind === 'answered').length).toBeLessThanOrEqual(1);
  expect(until.filter((kind) => kind === 'ringing').length).toBeLessThanOrEqual(1);
});

test('channels that are not ours say nothing', () => {
  const each = recorded['486'] as unknown as Case;
  const foreign = JSON.parse(JSON.stringify(each.events).replaceAll(each.leg, '1764126000.17')) as object[];
  expect(play({ ...each, events: foreign }, false)).toEqual([]);
});

test.each(['', '{', '{"type":"ChannelDestroyed"}', '{"type":"TextMessageReceived"}', '[]', 'null'])(
  'a message that tells nothing is passed over: %s',
  (text) => {
    expect(readEvent(text)).toBeNull();
  },
);
