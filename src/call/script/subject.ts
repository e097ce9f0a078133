import { formSubject } from '../../form/form-subject.ts';
import { pauseListsOfScript } from '../list/list-state.db.ts';
import { buildScript } from './script-1.rule.ts';
import { findScript, setScriptState } from './script.db.ts';

/** A call script as something that two people sign: it stands as its form stands. */
export const scriptSubject = formSubject({
  kind: 'script',
  formNow: async (db, id, format) => {
    const script = await findScript(db, id);
    return script && script.state !== 'draft' ? buildScript(format, script) : null;
  },
  hrefOf: (number) => `/scripts/${number}`,
  told: async (tx, id, to, now) => {
    await setScriptState(tx, id, to);
    // What is not signed any more is not read out to anybody.
    if (to === 'withdrawn' || to === 'voided') await pauseListsOfScript(tx, id, now);
  },
});
