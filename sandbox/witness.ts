import { bizIdOf, type Ledger } from './ledger.ts';
import { maskPhone } from './phone.ts';

/** An accepted message as the witness tells it. */
export interface WitnessedMessage {
  phone: string;
  outId: string;
  bizId: string;
  acceptedAt: string;
  templateCode: string;
  signName: string;
  renderedText: string;
  state: 'waiting' | 'delivered' | 'failed';
  errCode: string | null;
  segments: number;
  receiptLost: boolean;
}

/** Narrows what the witness tells about. */
export interface WitnessFilter {
  templateCode?: string | undefined;
  outIdPrefix?: string | undefined;
}

/** Counts of accepted messages; `repeated` lists at most 100 numbers, masked. */
export interface AcceptedCounts {
  accepted: number;
  distinctNumbers: number;
  numbersAcceptedMoreThanOnce: number;
  repeated: { phone: string; times: number }[];
}

export type Witness = ReturnType<typeof createWitness>;

const LISTED_REPEATS = 100;

/** Tells what was really accepted, from the ledger alone. */
export function createWitness(ledger: Ledger, now: () => number) {
  const matches = (index: number, { templateCode, outIdPrefix }: WitnessFilter) =>
    (templateCode === undefined || ledger.texts[ledger.textAt(index)]?.code === templateCode) &&
    (outIdPrefix === undefined || ledger.outIdAt(index).startsWith(outIdPrefix));

  function message(index: number): WitnessedMessage {
    const row = ledger.row(index);
    const reported = row.reportAt <= now();
    return {
      phone: String(row.phone),
      outId: row.outId,
      bizId: bizIdOf(row.call),
      acceptedAt: new Date(row.acceptedAt).toISOString(),
      templateCode: ledger.texts[row.text]?.code ?? '',
      signName: ledger.signs[row.sign] ?? '',
      renderedText: ledger.rendered(row),
      state: reported ? (row.delivered ? 'delivered' : 'failed') : 'waiting',
      errCode: reported ? row.errCode : null,
      segments: row.segments,
      receiptLost: row.lost,
    };
  }

  function repeatsAmong(filter: WitnessFilter): { accepted: number; distinct: number; repeats: Map<number, number> } {
    const times = new Map<number, number>();
    let accepted = 0;
    for (let index = 0; index < ledger.size; index++) {
      if (!matches(index, filter)) continue;
      accepted++;
      const phone = ledger.phoneAt(index);
      times.set(phone, (times.get(phone) ?? 0) + 1);
    }
    const distinct = times.size;
    for (const [phone, count] of times) if (count === 1) times.delete(phone);
    return { accepted, distinct, repeats: times };
  }

  return {
    byPhone(phone: number): WitnessedMessage[] {
      const found: WitnessedMessage[] = [];
      ledger.visitPhone(phone, (index) => {
        found.push(message(index));
        return false;
      });
      return found.toReversed();
    },

    byOutId: (outId: string): WitnessedMessage[] => ledger.rowsOfOutId(outId).toReversed().map(message),

    counts(filter: WitnessFilter = {}): AcceptedCounts {
      const unfiltered = filter.templateCode === undefined && filter.outIdPrefix === undefined;
      const { accepted, distinct, repeats } = unfiltered
        ? { accepted: ledger.size, distinct: ledger.distinctPhones, repeats: ledger.repeats }
        : repeatsAmong(filter);
      return {
        accepted,
        distinctNumbers: distinct,
        numbersAcceptedMoreThanOnce: repeats.size,
        repeated: [...repeats.entries()]
          .slice(0, LISTED_REPEATS)
          .map(([phone, times]) => ({ phone: maskPhone(phone), times })),
      };
    },

    /** Every accepted message in order, a page of lines at a time: what is accepted meanwhile is told too. */
    *lines(filter: WitnessFilter = {}): Generator<string> {
      let page = '';
      let count = 0;
      for (let index = 0; index < ledger.size; index++) {
        if (!matches(index, filter)) continue;
        page += `${JSON.stringify(message(index))}\n`;
        if (++count % 1000 !== 0) continue;
        yield page;
        page = '';
      }
      if (page !== '') yield page;
    },
  };
}
