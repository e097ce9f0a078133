import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSignatureCheck, type SignatureCheck } from './acs3.ts';
import { createCarrier, type Carrier } from './carrier.ts';
import { createFaults, type Faults } from './faults.ts';
import { createGate, type Gate } from './gate.ts';
import { openJournal, silentJournal, type Journal } from './journal.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createRegistry, type Registry } from './registry.ts';
import { parseScenario, SignatureSchema, TemplateSchema, type Scenario, type ScenarioInput } from './scenario.ts';
import { createTally, type Tally } from './tally.ts';
import { createThrottle } from './throttle.ts';
import { createWitness, type Witness } from './witness.ts';

/** How a sandbox is set up. Everything may be left out. */
export interface SandboxOptions {
  /** Without one, nothing goes wrong and the platform knows no template and no signature. */
  scenario?: ScenarioInput;
  /** Folder that keeps accepted messages, templates and signatures over a restart; without it they live in memory. */
  dataDir?: string;
  pushReportUrl?: string;
  pushReplyUrl?: string;
  /** Access key id → secret. */
  accessKeys?: Readonly<Record<string, string>>;
  /** Address to bind; the admin API has no sign-in, so anything but loopback is at the caller's own risk. */
  host?: string;
  now?: () => number;
  /** Who may speak ARI with its Asterisk; without one nobody may. */
  ari?: { user: string; password: string };
  /** Of the mail relay that notices go to; 0 takes a free one, and without it there is none. */
  mailPort?: number;
}

/** The state of one sandbox, shared by its parts. */
export interface World {
  scenario: Scenario;
  push: { reportUrl: string | null; replyUrl: string | null };
  readonly bornAt: number;
  readonly now: () => number;
  readonly signatureCheck: SignatureCheck;
  readonly throttle: ReturnType<typeof createThrottle>;
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly carrier: Carrier;
  readonly faults: Faults;
  readonly gate: Gate;
  readonly tally: Tally;
  readonly witness: Witness;
  /** Keys of drawn faults that have struck. */
  readonly struck: Set<string>;
  /** Puts a scenario in force and files the templates and signatures it names. */
  useScenario: (scenario: Scenario) => void;
  saveRegistry: () => void;
  flush: () => Promise<void>;
  /** Forgets everything that happened and goes back to the scenario it was started with. */
  reset: () => Promise<void>;
  start: () => Promise<void>;
  stop: () => Promise<void>;
}

/** The keys of a sandbox that was given none. */
const DEFAULT_ACCESS_KEYS = { 'sandbox-key': 'sandbox-secret' } as const;

/** Builds the state; `start` loads what an earlier run left behind. */
export function createWorld(options: SandboxOptions): World {
  const now = options.now ?? Date.now;
  const ledger = createLedger();
  const registry = createRegistry(now);
  const faults = createFaults();
  const gate = createGate();
  const tally = createTally();
  const struck = new Set<string>();
  const first = parseScenario(options.scenario ?? {});
  const registryPath = options.dataDir === undefined ? null : join(options.dataDir, 'registry.json');
  let journal: Journal = silentJournal;
  const carrier = createCarrier({
    scenario: () => world.scenario,
    ledger,
    journal: () => journal,
    now,
    reportUrl: () => world.push.reportUrl,
    replyUrl: () => world.push.replyUrl,
  });

  function loadRegistry(templates: readonly unknown[], signatures: readonly unknown[]) {
    for (const template of templates) registry.putTemplate(TemplateSchema.parse(template));
    for (const signature of signatures) registry.putSignature(SignatureSchema.parse(signature));
  }

  const world: World = {
    scenario: first,
    push: { reportUrl: options.pushReportUrl ?? null, replyUrl: options.pushReplyUrl ?? null },
    bornAt: now(),
    now,
    signatureCheck: createSignatureCheck(new Map(Object.entries(options.accessKeys ?? DEFAULT_ACCESS_KEYS))),
    throttle: createThrottle(),
    registry,
    ledger,
    carrier,
    faults,
    gate,
    tally,
    witness: createWitness(ledger, now),
    struck,
    useScenario(scenario) {
      world.scenario = scenario;
      loadRegistry(scenario.templates, scenario.signatures);
    },
    saveRegistry() {
      if (registryPath === null) return;
      // Renamed into place: a kill while writing must not leave half a file.
      writeFileSync(`${registryPath}.new`, JSON.stringify(registry.list(), null, 2));
      renameSync(`${registryPath}.new`, registryPath);
    },
    flush: () => journal.flush(),
    async reset() {
      gate.release();
      carrier.clear();
      ledger.clear();
      faults.clear();
      tally.clear();
      struck.clear();
      registry.clear();
      world.useScenario(first);
      world.saveRegistry();
      await journal.reset();
    },
    async start() {
      world.useScenario(first);
      if (options.dataDir === undefined || registryPath === null) return;
      mkdirSync(options.dataDir, { recursive: true });
      if (existsSync(registryPath)) {
        const saved = JSON.parse(readFileSync(registryPath, 'utf8')) as { templates: unknown[]; signatures: unknown[] };
        loadRegistry(saved.templates, saved.signatures);
      }
      journal = await openJournal(options.dataDir, ledger);
      carrier.resume();
    },
    async stop() {
      gate.release();
      carrier.stop();
      await journal.close();
    },
  };
  return world;
}
