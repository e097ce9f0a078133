import { deliverNext, recoverLost, type DeliveryDeps } from './deliver.ts';
import { askDeputies, planNotices } from './plan.ts';

/** One look at everything: plans what is new, asks deputies, takes back what was lost, delivers what is due. */
export async function deliverAll(deps: DeliveryDeps): Promise<void> {
  await planNotices(deps.pool, deps.now());
  await askDeputies(deps.pool, deps.now());
  await recoverLost(deps);
  await Promise.all(Array.from({ length: atOnce }, () => deliverSome(deps)));
}

// One server that does not answer must not hold up the others.
const atOnce = 4;

/** Bounded, so that what is new meanwhile is planned, too. */
async function deliverSome(deps: DeliveryDeps): Promise<void> {
  for (let calls = 0; calls < 50; calls += 1) if (!(await deliverNext(deps))) return;
}

/** Looks each second until it is stopped; a fault is said and the next look goes on. */
export function startDelivery(deps: DeliveryDeps & { onTrouble: (error: unknown) => void; everyMs?: number }): {
  stop(): Promise<void>;
} {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let running = Promise.resolve();
  const again = (): void => {
    timer = setTimeout(() => {
      running = deliverAll(deps)
        .catch(deps.onTrouble)
        .finally(() => {
          if (!stopped) again();
        });
    }, deps.everyMs ?? 1_000);
  };
  again();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
