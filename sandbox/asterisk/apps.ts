import type { WebSocket } from 'ws';

export type AriEvent = { type: string } & Record<string, unknown>;
type App = {
  name: string;
  socket: WebSocket | null;
  channels: Set<string>;
  bridges: Set<string>;
  disallowed: Set<string>;
};

/** `2026-11-26T03:00:00.000+0000`, as Asterisk writes it. */
export const ariTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

/** Stasis applications: who listens, and to what. */
export function createApps(now: () => number) {
  const apps = new Map<string, App>();
  let missed = 0;

  function appOf(name: string): App {
    const known = apps.get(name);
    if (known) return known;
    const app: App = {
      name,
      socket: null,
      channels: new Set(),
      bridges: new Set(),
      disallowed: new Set(),
    };
    apps.set(name, app);
    return app;
  }

  function say(app: App, event: AriEvent): void {
    if (app.disallowed.has(event.type)) return;
    // An application without a socket is inactive: what happens meanwhile is told to nobody, ever.
    if (app.socket === null) {
      missed += 1;
      return;
    }
    const { type, ...rest } = event;
    app.socket.send(
      JSON.stringify({
        type,
        timestamp: ariTime(now()),
        ...rest,
        asterisk_id: '52:54:00:12:34:56',
        application: app.name,
      }),
    );
  }

  return {
    find: (name: string): App | undefined => apps.get(name),
    isActive: (name: string): boolean => (apps.get(name)?.socket ?? null) !== null,
    /** The newer client wins; the older one is told so and stays connected, deaf. */
    connect(name: string, socket: WebSocket): void {
      const app = appOf(name);
      const older = app.socket;
      if (older) say(app, { type: 'ApplicationReplaced' });
      app.socket = socket;
      // A filter belongs to the connection's time: it is set again after each.
      app.disallowed.clear();
      socket.on('close', () => {
        if (app.socket === socket) app.socket = null;
      });
    },
    subscribe(name: string, source: { channel: string } | { bridge: string }): void {
      const app = appOf(name);
      if ('channel' in source) app.channels.add(source.channel);
      else app.bridges.add(source.bridge);
    },
    disallow(name: string, types: readonly string[]): boolean {
      const app = apps.get(name);
      if (!app) return false;
      app.disallowed = new Set(types);
      return true;
    },
    /** Tells everybody who is subscribed to the channel. */
    ofChannel(id: string, event: AriEvent): void {
      for (const app of apps.values()) if (app.channels.has(id)) say(app, event);
    },
    /** Tells those who are subscribed to the bridge or to a channel in it. */
    ofBridge(bridge: { id: string; members: ReadonlySet<string> }, event: AriEvent): void {
      for (const app of apps.values()) {
        const isInside = [...bridge.members].some((id) => app.channels.has(id));
        if (isInside || app.bridges.has(bridge.id)) say(app, event);
      }
    },
    forget(source: { channel: string } | { bridge: string }): void {
      for (const app of apps.values()) {
        if ('channel' in source) app.channels.delete(source.channel);
        else app.bridges.delete(source.bridge);
      }
    },
    sockets: (): WebSocket[] => [...apps.values()].flatMap(({ socket }) => (socket ? [socket] : [])),
    /** As after a restart of the whole PBX. */
    clear(): void {
      for (const { socket } of apps.values()) socket?.terminate();
      apps.clear();
    },
    missed: () => missed,
  };
}
