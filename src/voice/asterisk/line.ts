import { WebSocket } from 'ws';
import { readEvent, type AriEvent } from './event.rule.ts';

/** A ping each ten seconds; a peer that lets two pass is taken for dead: a half-open socket says nothing by itself. */
const usualPingMs = 10_000;
const missesAllowed = 2;
const backOffMs = { first: 250, most: 10_000 };

export type Line = { isUp(): boolean; close(): void };
type Handlers = {
  event(event: AriEvent): void;
  /** The socket is open: makes ready what must be made ready on each connection; false when that failed. */
  opened(): Promise<boolean>;
  up(): void;
  down(): void;
  replaced(): void;
};

/**
 * The event stream of one application. It comes back by itself, later and later, until somebody else takes the application: then two
 * clients would take it from each other for ever, so this one stays away.
 */
export function openLine(
  url: string,
  authorization: string,
  timeoutMs: number,
  on: Handlers,
  pingMs = usualPingMs,
): Line {
  let socket: WebSocket | null = null;
  let isUp = false;
  let isClosed = false;
  let tries = 0;
  let again: NodeJS.Timeout | null = null;

  function connect(): void {
    again = null;
    const mine = new WebSocket(url, {
      headers: { authorization },
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
    });
    socket = mine;
    let misses = 0;
    const beat = setInterval(() => {
      if (mine.readyState !== WebSocket.OPEN) return;
      if (misses >= missesAllowed) return mine.terminate();
      misses += 1;
      mine.ping();
    }, pingMs);
    mine.on('pong', () => (misses = 0));
    mine.on('open', () => void begin(mine));
    mine.on('message', (data) => {
      const event = readEvent((data as Buffer).toString('utf8'));
      if (event === null || isClosed) return;
      if (event.type === 'ApplicationReplaced') replaced();
      else on.event(event);
    });
    // 'close' follows, and says all that there is to do.
    mine.on('error', () => undefined);
    mine.on('close', () => {
      clearInterval(beat);
      if (socket !== mine) return;
      socket = null;
      fall();
      if (!isClosed) retry();
    });
  }

  async function begin(mine: WebSocket): Promise<void> {
    const isReady = await on.opened();
    if (socket !== mine || isClosed || mine.readyState !== WebSocket.OPEN) return;
    if (!isReady) return mine.terminate();
    tries = 0;
    isUp = true;
    on.up();
  }

  function fall(): void {
    if (!isUp) return;
    isUp = false;
    if (!isClosed) on.down();
  }

  function retry(): void {
    const wait = Math.min(backOffMs.most, backOffMs.first * 2 ** tries);
    tries += 1;
    // Half of it by chance: what fell together does not come back together.
    again = setTimeout(connect, wait / 2 + (Math.random() * wait) / 2);
  }

  function replaced(): void {
    isUp = false;
    close();
    on.replaced();
  }

  function close(): void {
    isClosed = true;
    isUp = false;
    if (again) clearTimeout(again);
    socket?.terminate();
  }

  connect();
  return { isUp: () => isUp, close };
}

/** `https://pbx:8089/x` → `wss://pbx:8089/x/ari/events?app=…`; no user and no password in it. */
export function eventsUrl(url: string, application: string): string {
  const events = new URL(url);
  events.protocol = events.protocol === 'https:' ? 'wss:' : 'ws:';
  events.pathname = `${events.pathname.replace(/\/$/, '')}/ari/events`;
  events.search = `?app=${encodeURIComponent(application)}`;
  return events.href;
}
