import { rightsOf, type Grant } from '../kernel/permission.rule.ts';

/** Where somebody lands who signs and does nothing else with campaigns: what waits for their signature. Null: the menu decides. */
export function landingOf(held: readonly Grant[]): '/sign-off' | null {
  const rights = rightsOf(held);
  const works = rights.has('campaign:write') || rights.has('campaign:run');
  return rights.has('campaign:sign') && !works ? '/sign-off' : null;
}
