import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ariTime } from './apps.ts';
import { bridgeJson } from './bridges.ts';
import { channelJson, reasonCause, type Channel } from './channel.ts';
import type { Switch } from './switch.ts';

export type AriAnswer = { status: number; body?: unknown; bytes?: Buffer };
/** Query and JSON body together: Asterisk takes each field in either. */
type Fields = Record<string, unknown>;
type Route = (pbx: Switch, ids: string[], fields: Fields) => AriAnswer;

const no = (status: number, message: string): AriAnswer => ({ status, body: { message } });
const done: AriAnswer = { status: 204 };
const ok = (body: unknown): AriAnswer => ({ status: 200, body });

const text = (fields: Fields, name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
const Variables = z.record(z.string(), z.string()).catch({});
const Filter = z.object({ disallowed: z.array(z.object({ type: z.string() })).default([]) });

function originate(pbx: Switch, fields: Fields): AriAnswer {
  const id = text(fields, 'channelId') || `${Math.floor(pbx.now() / 1_000)}.${randomUUID().slice(0, 4)}`;
  const endpoint = text(fields, 'endpoint');
  const app = text(fields, 'app');
  if (endpoint === '') return no(400, 'Endpoint must be specified');
  if (app === '') return no(400, 'Application or extension must be specified');
  if (!/^[A-Za-z]+\/.+/.test(endpoint)) return no(400, 'Invalid endpoint specified');
  // An id is a key against doing a thing twice only while its channel lives: once it has ended, the same id dials again.
  if (pbx.channels.has(id)) return no(409, 'Channel with given unique ID already exists');
  const variables = Variables.parse(fields['variables']);
  const timeout = Number(fields['timeout'] ?? 30);
  const channel = pbx.people.call({
    id,
    endpoint,
    app,
    appArgs: text(fields, 'appArgs'),
    callerId: text(fields, 'callerId'),
    timeoutSeconds: timeout > 0 ? timeout : 86_400,
    isAutoAnswered: Object.values(variables).some((value) => /answer-after=0|alert-autoanswer/.test(value)),
  });
  return channel ? ok(channelJson(channel)) : { status: 500, body: { error: 'Allocation failed' } };
}

/** Gives the channel to `work`, or the answer of a dead one. */
const withChannel =
  (work: (pbx: Switch, channel: Channel, ids: string[], fields: Fields) => AriAnswer): Route =>
  (pbx, ids, fields) => {
    const channel = pbx.channels.get(ids[0] ?? '');
    return channel ? work(pbx, channel, ids, fields) : no(404, 'Channel not found');
  };
const inStasis = (work: Parameters<typeof withChannel>[0]): Route =>
  withChannel((pbx, channel, ids, fields) =>
    channel.isInStasis ? work(pbx, channel, ids, fields) : no(409, 'Channel not in Stasis application'),
  );

function snoop(pbx: Switch, channel: Channel, id: string, fields: Fields): AriAnswer {
  if (pbx.channels.has(id)) return no(409, 'Channel with given unique ID already exists');
  if (text(fields, 'app') === '') return no(400, 'Application name is required');
  const made = pbx.make(
    {
      id,
      kind: 'snoop',
      app: text(fields, 'app'),
      args: text(fields, 'appArgs').split(','),
      dialString: '',
      state: 'Up',
      snooped: channel.id,
    },
    `Snoop/${channel.id}`,
  );
  // It takes orders only from its own StasisStart on.
  setTimeout(() => pbx.channels.get(id) === made && pbx.enterStasis(made), 5);
  return ok(channelJson(made));
}

function addChannels(pbx: Switch, bridgeId: string, fields: Fields): AriAnswer {
  const bridge = pbx.bridges.find(bridgeId);
  if (!bridge) return no(404, 'Bridge not found');
  const wanted = text(fields, 'channel').split(',').filter(Boolean);
  const found = wanted.flatMap((id) => pbx.channels.get(id) ?? []);
  if (wanted.length === 0 || found.length < wanted.length) return no(400, 'Channel not found');
  if (found.some(({ isInStasis }) => !isInStasis)) return no(422, 'Channel not in Stasis application');
  for (const channel of found) pbx.bridges.enter(bridge, channel);
  return done;
}

function record(pbx: Switch, bridgeId: string, fields: Fields): AriAnswer {
  const bridge = pbx.bridges.find(bridgeId);
  if (!bridge) return no(404, 'Bridge not found');
  const name = text(fields, 'name');
  if (name === '' || /%|\.\./.test(name)) return no(400, 'Recording name must be specified');
  if (text(fields, 'format') !== 'wav') return no(422, 'specified format is unknown on this system');
  const recording = pbx.sounds.record(name, bridge);
  return recording ? { status: 201, body: recording } : no(409, `Recording ${name} already exists on disk`);
}

function subscribe(pbx: Switch, app: string, fields: Fields): AriAnswer {
  if (!pbx.apps.find(app)) return no(404, 'Application does not exist.');
  const [, kind, id = ''] = /^(channel|bridge):(.+)$/.exec(text(fields, 'eventSource')) ?? [];
  if (kind === 'channel' && pbx.channels.has(id)) pbx.apps.subscribe(app, { channel: id });
  else if (kind === 'bridge' && pbx.bridges.find(id)) pbx.apps.subscribe(app, { bridge: id });
  else return no(422, 'Event source does not exist.');
  return appOf(pbx, app);
}

function appOf(pbx: Switch, name: string): AriAnswer {
  const app = pbx.apps.find(name);
  if (!app) return no(404, 'Application not found');
  return ok({ name, channel_ids: [...app.channels], bridge_ids: [...app.bridges], endpoint_ids: [], device_names: [] });
}

const endpoint = (pbx: Switch, technology: string, resource: string): AriAnswer => {
  const state = pbx.people.stateOf(`${technology}/${resource}`);
  return state === null ? no(404, 'Endpoint not found') : ok({ technology, resource, state, channel_ids: [] });
};

const routes: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  [
    'GET',
    /^\/asterisk\/info$/,
    (pbx) => ok({ system: { version: '22.11.0' }, status: { startup_time: ariTime(pbx.startedAt) } }),
  ],
  [
    'GET',
    /^\/endpoints\/([^/]+)\/([^/]+)$/,
    (pbx, [technology = '', resource = '']) => endpoint(pbx, technology, resource),
  ],
  ['GET', /^\/applications\/([^/]+)$/, (pbx, [name = '']) => appOf(pbx, name)],
  [
    'PUT',
    /^\/applications\/([^/]+)\/eventFilter$/,
    (pbx, [name = ''], fields) => {
      const types = Filter.parse(fields).disallowed.map(({ type }) => type);
      return pbx.apps.disallow(name, types) ? appOf(pbx, name) : no(404, 'Application does not exist.');
    },
  ],
  ['POST', /^\/applications\/([^/]+)\/subscription$/, (pbx, [name = ''], fields) => subscribe(pbx, name, fields)],
  ['GET', /^\/channels$/, (pbx) => ok([...pbx.channels.values()].map(channelJson))],
  ['POST', /^\/channels$/, (pbx, _, fields) => originate(pbx, fields)],
  ['GET', /^\/channels\/([^/]+)$/, withChannel((_, channel) => ok(channelJson(channel)))],
  [
    'DELETE',
    /^\/channels\/([^/]+)$/,
    withChannel((pbx, channel, _, fields) => {
      const cause = reasonCause[text(fields, 'reason') || 'normal'];
      if (cause === undefined) return no(400, 'Invalid Reason');
      setImmediate(() => pbx.hangUpByApp(channel, cause));
      return done;
    }),
  ],
  [
    'POST',
    /^\/channels\/([^/]+)\/play\/([^/]+)$/,
    inStasis((pbx, channel, [, playId = ''], fields) => {
      const media = text(fields, 'media');
      const length = pbx.delay(pbx.scenario.promptMs, 'prompt', media);
      const playback = pbx.sounds.play(playId, channel.id, media, length);
      pbx.people.hears(channel, media, length);
      return { status: 201, body: playback };
    }),
  ],
  ['POST', /^\/channels\/([^/]+)\/moh$/, inStasis(() => done)],
  ['DELETE', /^\/channels\/([^/]+)\/moh$/, inStasis(() => done)],
  [
    'POST',
    /^\/channels\/([^/]+)\/snoop\/([^/]+)$/,
    withChannel((pbx, channel, [, id = ''], fields) => snoop(pbx, channel, id, fields)),
  ],
  [
    'DELETE',
    /^\/playbacks\/([^/]+)$/,
    (pbx, [id = '']) => (pbx.sounds.stopPlaying(id) ? done : no(404, 'Playback not found')),
  ],
  ['GET', /^\/bridges$/, (pbx) => ok(pbx.bridges.list().map(bridgeJson))],
  ['POST', /^\/bridges\/([^/]+)$/, (pbx, [id = '']) => ok(bridgeJson(pbx.bridges.make(id)))],
  [
    'DELETE',
    /^\/bridges\/([^/]+)$/,
    (pbx, [id = '']) => {
      const bridge = pbx.bridges.find(id);
      if (!bridge) return no(404, 'Bridge not found');
      pbx.sounds.bridgeEnds(bridge);
      pbx.bridges.destroy(bridge);
      return done;
    },
  ],
  ['POST', /^\/bridges\/([^/]+)\/addChannel$/, (pbx, [id = ''], fields) => addChannels(pbx, id, fields)],
  [
    'POST',
    /^\/bridges\/([^/]+)\/removeChannel$/,
    (pbx, [id = ''], fields) => {
      if (!pbx.bridges.find(id)) return no(404, 'Bridge not found');
      const channel = pbx.channels.get(text(fields, 'channel'));
      if (!channel) return no(400, 'Channel not found');
      if (channel.bridgeId !== id) return no(422, 'Channel not in this bridge');
      pbx.bridges.leave(channel);
      return done;
    },
  ],
  ['POST', /^\/bridges\/([^/]+)\/record$/, (pbx, [id = ''], fields) => record(pbx, id, fields)],
  [
    'POST',
    /^\/recordings\/live\/(.+)\/stop$/,
    (pbx, [name = '']) => (pbx.sounds.stopRecording(name) ? done : no(404, 'Recording not found')),
  ],
  [
    'GET',
    /^\/recordings\/stored\/(.+)\/file$/,
    (pbx, [name = '']) => {
      const bytes = pbx.sounds.wav(name);
      return bytes ? { status: 200, bytes } : no(404, 'Recording not found');
    },
  ],
  [
    'DELETE',
    /^\/recordings\/stored\/(.+)$/,
    (pbx, [name = '']) => (pbx.sounds.forget(name) ? done : no(404, 'Recording not found')),
  ],
];

/** One request below `/ari`, carried out. */
export function answerAri(pbx: Switch, method: string, path: string, fields: Fields): AriAnswer {
  for (const [its, pattern, route] of routes) {
    const match = its === method ? pattern.exec(path) : null;
    if (match) return route(pbx, match.slice(1).map(decodeURIComponent), fields);
  }
  return no(404, 'Resource not found');
}
