import { createBridges } from './bridges.ts';
import { createPbx, type PbxOptions } from './pbx.ts';
import { createPeople } from './people.ts';
import { createSounds } from './sounds.ts';

/** The whole PBX: channels, bridges, sounds, and who is at the other end of each line. */
export function createSwitch(options: PbxOptions) {
  const pbx = createPbx(options);
  const people = createPeople(pbx);
  const sounds = createSounds(pbx, options.folder);
  const bridges = createBridges(pbx, people);
  pbx.on = {
    answered: (channel) => people.answered(channel),
    ending(channel) {
      bridges.leave(channel);
      sounds.channelEnds(channel.id);
    },
    crashed() {
      bridges.clear();
      sounds.crash();
    },
  };
  return Object.assign(pbx, { people, sounds, bridges });
}
export type Switch = ReturnType<typeof createSwitch>;
