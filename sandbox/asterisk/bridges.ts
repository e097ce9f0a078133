import { ariTime } from './apps.ts';
import { channelJson, type Channel } from './channel.ts';
import type { Pbx } from './pbx.ts';

export type Bridge = { id: string; members: Set<string>; createdAt: number };
type Moods = { met(channel: Channel): void; alone(channel: Channel): void };

export const bridgeJson = (bridge: Bridge) => ({
  id: bridge.id,
  technology: bridge.members.size > 2 ? 'softmix' : 'simple_bridge',
  bridge_type: 'mixing',
  bridge_class: 'stasis',
  creator: 'Stasis',
  name: '',
  channels: [...bridge.members],
  creationtime: ariTime(bridge.createdAt),
  video_mode: 'none',
});

/** Mixing bridges: they live until they are deleted, and the end of one leg leaves the others in them. */
export function createBridges(pbx: Pbx, moods: Moods) {
  const bridges = new Map<string, Bridge>();
  const talkers = (bridge: Bridge): Channel[] =>
    [...bridge.members].flatMap((id) => pbx.channels.get(id) ?? []).filter(({ kind }) => kind !== 'snoop');

  function leave(channel: Channel): void {
    const bridge = channel.bridgeId === null ? undefined : bridges.get(channel.bridgeId);
    channel.bridgeId = null;
    if (!bridge) return;
    const event = { type: 'ChannelLeftBridge', bridge: bridgeJson(bridge), channel: channelJson(channel) };
    pbx.apps.ofBridge(bridge, event);
    bridge.members.delete(channel.id);
    const [left, ...others] = talkers(bridge);
    if (left && others.length === 0) moods.alone(left);
  }

  function enter(bridge: Bridge, channel: Channel): void {
    if (channel.bridgeId === bridge.id) return;
    leave(channel);
    channel.bridgeId = bridge.id;
    bridge.members.add(channel.id);
    pbx.apps.ofBridge(bridge, {
      type: 'ChannelEnteredBridge',
      bridge: bridgeJson(bridge),
      channel: channelJson(channel),
    });
    for (const variable of ['BRIDGEPEER', 'BRIDGEPVTCALLID', 'RTPAUDIOQOS'])
      pbx.apps.ofChannel(channel.id, { type: 'ChannelVarset', variable, value: '', channel: channelJson(channel) });
    pbx.apps.ofChannel(channel.id, { type: 'ChannelConnectedLine', channel: channelJson(channel) });
    const together = talkers(bridge);
    if (channel.kind === 'snoop' || together.length < 2) return;
    // The talk begins for both when the second one comes; a third begins it for himself.
    for (const each of together.length === 2 ? together : [channel]) moods.met(each);
  }

  return {
    find: (id: string): Bridge | undefined => bridges.get(id),
    list: (): Bridge[] => [...bridges.values()],
    /** Makes it, or leaves it as it is. */
    make(id: string): Bridge {
      const known = bridges.get(id);
      if (known) return known;
      const bridge = { id, members: new Set<string>(), createdAt: pbx.now() };
      bridges.set(id, bridge);
      return bridge;
    },
    enter,
    leave,
    destroy(bridge: Bridge): void {
      for (const channel of [...bridge.members].flatMap((id) => pbx.channels.get(id) ?? [])) leave(channel);
      pbx.apps.ofBridge(bridge, { type: 'BridgeDestroyed', bridge: bridgeJson(bridge) });
      bridges.delete(bridge.id);
      pbx.apps.forget({ bridge: bridge.id });
    },
    clear: () => bridges.clear(),
  };
}
