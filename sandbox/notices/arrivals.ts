/** Servers of chat providers, of a mail relay and of a house's own system, as far as notices reach them. */
export const noticeServers = ['email', 'wecom', 'dingtalk', 'feishu', 'webhook'] as const;
export type NoticeServer = (typeof noticeServers)[number];

export type Arrival = { server: NoticeServer; at: string; key: string; text: string; headers: Record<string, string> };

/** `lost`: it arrives and the answer does not. `busy`: the provider's own word for it. */
export type NoticeFault = {
  server: NoticeServer;
  mode: 'lost' | 'reset' | 'hang' | 'busy' | 'error' | 'html' | 'too-fast' | 'refuse' | 'gone' | 'slow-down';
  times: number;
};

/** What arrived, what was refused, and which faults are still to strike. */
export function createArrivals(now: () => number) {
  let arrived: Arrival[] = [];
  let refused = 0;
  let faults: NoticeFault[] = [];
  return {
    add: (arrival: Omit<Arrival, 'at'>) => void arrived.push({ ...arrival, at: new Date(now()).toISOString() }),
    refuse: () => void (refused += 1),
    read: () => ({ arrived, refused }),
    setFaults: (given: readonly NoticeFault[]) => void (faults = given.map((fault) => ({ ...fault }))),
    /** The fault that strikes this call, if one does. */
    strike(server: NoticeServer): NoticeFault['mode'] | null {
      const fault = faults.find((each) => each.server === server && each.times > 0);
      if (!fault) return null;
      fault.times -= 1;
      return fault.mode;
    },
    reset() {
      arrived = [];
      refused = 0;
      faults = [];
    },
  };
}
export type Arrivals = ReturnType<typeof createArrivals>;
