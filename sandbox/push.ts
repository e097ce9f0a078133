import http from 'node:http';
import https from 'node:https';
import type { Agenda } from './agenda.ts';
import type { Scenario } from './scenario.ts';

/** What a pusher has done so far, in items (not requests). */
interface PushCounts {
  pushed: number;
  acked: number;
  repushed: number;
  dropped: number;
  /** Given up at once because nobody gave an address. */
  unaddressed: number;
  waiting: number;
}

/** Pushes items in batches to one address until they are acknowledged or given up. */
export interface Pusher<Item> {
  push: (item: Item) => void;
  counts: () => PushCounts;
  clear: () => void;
  stop: () => void;
}

interface PusherOptions<Item> {
  url: () => string | null;
  settings: () => Scenario['push'];
  timeScale: () => number;
  later: Agenda<() => void>;
  /** The wire form of an item. */
  render: (item: Item) => object;
  /** Called after the first attempt, whatever came of it. */
  attempted: (items: readonly Item[]) => void;
  /** Called once an item needs no further push. */
  settled: (items: readonly Item[]) => void;
}

/** A pusher for receipts or replies; the rules of acknowledgement and re-push are those of the real service. */
export function createPusher<Item>(options: PusherOptions<Item>): Pusher<Item> {
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  const counts = { pushed: 0, acked: 0, repushed: 0, dropped: 0, unaddressed: 0 };
  let queue: Item[] = [];
  let inFlight = 0;
  let waitOver = false;
  let armed = false;
  let generation = 0;
  let stopped = false;

  function pump() {
    const { batchSize, concurrency } = options.settings();
    let taken = 0;
    while (inFlight < concurrency && queue.length - taken >= (waitOver ? 1 : batchSize)) {
      const batch = queue.slice(taken, taken + batchSize);
      taken += batch.length;
      void deliver(batch, 0);
    }
    if (taken > 0) queue = queue.slice(taken);
    if (queue.length === 0) waitOver = false;
  }

  async function deliver(batch: Item[], attempt: number) {
    const url = options.url();
    const born = generation;
    if (url === null) {
      counts.unaddressed += batch.length;
      options.attempted(batch);
      options.settled(batch);
      return;
    }
    inFlight++;
    if (attempt === 0) counts.pushed += batch.length;
    else counts.repushed += batch.length;
    const acked = await post(url, JSON.stringify(batch.map(options.render)), agents, options.settings().timeoutMs);
    inFlight--;
    // After a reset, or when the sandbox closes, the answer concerns nobody any more.
    if (stopped || born !== generation) return;
    if (attempt === 0) options.attempted(batch);
    const waitMinutes = options.settings().retryMinutes[attempt];
    if (acked || waitMinutes === undefined) {
      counts[acked ? 'acked' : 'dropped'] += batch.length;
      options.settled(batch);
    } else {
      options.later.schedule((waitMinutes * 60_000) / options.timeScale(), () => void deliver(batch, attempt + 1));
    }
    pump();
  }

  return {
    push(item) {
      queue.push(item);
      const { batchSize, batchWaitMs } = options.settings();
      if (queue.length >= batchSize) pump();
      if (queue.length === 0 || armed) return;
      armed = true;
      options.later.schedule(batchWaitMs, () => {
        armed = false;
        waitOver = true;
        pump();
      });
    },
    counts: () => ({ ...counts, waiting: queue.length }),
    clear() {
      queue = [];
      generation++;
      armed = false;
      waitOver = false;
      for (const key of Object.keys(counts)) counts[key as keyof typeof counts] = 0;
    },
    stop() {
      stopped = true;
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** Whether the receiver took it: HTTP 200 and a JSON body with a numeric `code`, whatever the number. Never rejects. */
function post(
  url: string,
  body: string,
  agents: { 'http:': http.Agent; 'https:': https.Agent },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json;charset=utf-8', 'content-length': Buffer.byteLength(body) };
    const common = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) };
    const receive = (response: http.IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += text.length < 65_536 ? piece : ''));
      response.on('error', () => resolve(false));
      response.on('end', () => resolve(response.statusCode === 200 && hasNumericCode(text)));
    };
    const request = url.startsWith('https:')
      ? https.request(url, { ...common, agent: agents['https:'] }, receive)
      : http.request(url, { ...common, agent: agents['http:'] }, receive);
    request.on('error', () => resolve(false));
    request.end(body);
  });
}

function hasNumericCode(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null && 'code' in answer && typeof answer.code === 'number';
  } catch {
    return false;
  }
}
