import { createHmac } from 'node:crypto';
import type { Arrivals } from './arrivals.ts';

export type RobotKind = 'wecom' | 'dingtalk' | 'feishu';
export type RobotCall = { kind: RobotKind; key: string; query: URLSearchParams; body: Buffer };
export type RobotAnswer = Record<string, unknown>;

const minute = 60_000;
const hour = 60 * minute;
type Fields = Record<string, unknown>;
const objectOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function parse(body: Buffer): Fields {
  try {
    return objectOf(JSON.parse(body.toString('utf8')));
  } catch {
    return {};
  }
}

const base64 = (key: string, message: string): string => createHmac('sha256', key).update(message).digest('base64');

/** The robots of three chats with their own signatures, limits and error codes; HTTP is always 200. */
export function createRobots(arrivals: Arrivals, now: () => number) {
  const robots = new Map<string, { secret: string | null }>();
  const calls = new Map<string, number[]>();
  const shut = new Map<string, number>();

  /** How many calls came within that time, this one included. */
  const countWithin = (id: string, ms: number): number => (calls.get(id) ?? []).filter((at) => at > now() - ms).length;

  const wecom = (key: string, body: Fields): RobotAnswer => {
    if (countWithin(`wecom ${key}`, minute) > 20) return { errcode: 45_009, errmsg: 'api freq out of limit' };
    const content = textOf(objectOf(body['text'])['content']);
    if (body['msgtype'] !== 'text' || content === '') return { errcode: 40_008, errmsg: 'invalid message type' };
    if (Buffer.byteLength(content) > 2_048) return { errcode: 40_058, errmsg: 'text exceed max length' };
    arrivals.add({ server: 'wecom', key, text: content, headers: {} });
    return { errcode: 0, errmsg: 'ok' };
  };

  const dingtalk = (key: string, secret: string, query: URLSearchParams, body: Fields): RobotAnswer => {
    const id = `dingtalk ${key}`;
    const timestamp = query.get('timestamp') ?? '';
    if (query.get('sign') !== base64(secret, `${timestamp}\n${secret}`))
      return { errcode: 310_000, errmsg: 'description:机器人发送签名不匹配' };
    if (Math.abs(now() - Number(timestamp)) > hour)
      return { errcode: 310_000, errmsg: 'description:机器人发送签名过期' };
    if ((shut.get(id) ?? 0) > now() || countWithin(id, minute) > 20) {
      shut.set(id, Math.max(shut.get(id) ?? 0, now() + 10 * minute));
      return { errcode: 130_101, errmsg: 'send too fast' };
    }
    const content = textOf(objectOf(body['text'])['content']);
    if (body['msgtype'] !== 'text' || content === '') return { errcode: 40_035, errmsg: '缺少参数 json' };
    arrivals.add({ server: 'dingtalk', key, text: content, headers: {} });
    return { errcode: 0, errmsg: 'ok' };
  };

  const feishu = (key: string, secret: string, body: Fields): RobotAnswer => {
    const timestamp = textOf(body['timestamp']);
    if (Math.abs(now() - Number(timestamp) * 1_000) > hour || body['sign'] !== base64(`${timestamp}\n${secret}`, ''))
      return { code: 19_021, msg: 'sign match fail or timestamp is not within one hour from current time' };
    const id = `feishu ${key}`;
    if (countWithin(id, 1_000) > 5 || countWithin(id, minute) > 100) return { code: 11_232, msg: 'frequency limited' };
    const text = textOf(objectOf(body['content'])['text']);
    if (body['msg_type'] !== 'text' || text === '') return { code: 9_499, msg: 'Bad Request' };
    arrivals.add({ server: 'feishu', key, text, headers: {} });
    return { StatusCode: 0, StatusMessage: 'success', code: 0, msg: 'success', data: {} };
  };

  const unknownRobot: Record<RobotKind, RobotAnswer> = {
    wecom: { errcode: 93_000, errmsg: 'invalid webhook url' },
    dingtalk: { errcode: 300_005, errmsg: 'token is not exist' },
    feishu: { code: 19_001, msg: 'param invalid: incoming webhook access token invalid' },
  };
  return {
    put: (kind: RobotKind, key: string, secret: string | null) => void robots.set(`${kind} ${key}`, { secret }),
    answer({ kind, key, query, body }: RobotCall): RobotAnswer {
      const id = `${kind} ${key}`;
      const robot = robots.get(id);
      if (!robot) return unknownRobot[kind];
      calls.set(id, [...(calls.get(id) ?? []).filter((at) => at > now() - minute), now()]);
      const read = parse(body);
      if (kind === 'wecom') return wecom(key, read);
      return kind === 'dingtalk'
        ? dingtalk(key, robot.secret ?? '', query, read)
        : feishu(key, robot.secret ?? '', read);
    },
    /** What the provider says when it is busy, too fast, or does not want it. */
    say(kind: RobotKind, mode: 'busy' | 'too-fast' | 'refuse'): RobotAnswer {
      if (kind === 'feishu') return { code: { busy: 11_232, 'too-fast': 11_232, refuse: 19_024 }[mode], msg: mode };
      if (kind === 'wecom') return { errcode: { busy: -1, 'too-fast': 45_009, refuse: 93_000 }[mode], errmsg: mode };
      return { errcode: { busy: -1, 'too-fast': 130_101, refuse: 310_000 }[mode], errmsg: mode };
    },
    reset() {
      calls.clear();
      shut.clear();
    },
  };
}
