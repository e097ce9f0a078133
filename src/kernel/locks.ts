/**
 * Every advisory lock that Waihu takes in PostgreSQL: one register, since two that share a number would wait for each other
 * without a reason, and nobody would find out why. All are held until their transaction ends, except `reading`, `accepting` and `lineKeeper`.
 */
export const locks = {
  /** One writer of the record at a time: two rows must not name the same predecessor. Taken last in its transaction. */
  auditChain: 727_001,
  templateVersions: 727_003,
  campaignNumbers: 727_004,
  testSends: 727_005,
  firstAdministrator: 727_006,
  imports: 727_007,
  /** What an installation has once: its keys, and the mark that tells a restored database. */
  installation: 727_008,
  scriptNumbers: 727_009,
  callListNumbers: 727_010,
} as const;

/**
 * Locks of single things: the family seeds the hash of the thing. Of 64 bits, since of 32 two among a hundred thousand numbers
 * would be one, and two lists that lock in the order of their numbers could wait for each other.
 */
export const lockFamilies = {
  signInAttempt: 727_101,
  suppression: 727_102,
  reveal: 727_103,
  /** Held by a session that reads a file, not by a transaction: a reader that died is told from one that lives. */
  reading: 727_104,
  /** The signed cost of a campaign, while its last messages are counted against it. */
  costCeiling: 727_105,
  /** Likewise by a session that writes the rows of an accepted file. */
  accepting: 727_106,
  /** Places for a break in a unit: two agents who ask for the last one take turns. */
  breaks: 727_125,
  /** The line to an engine, likewise held by a session: who dies over it is replaced at once. */
  lineKeeper: 727_107,
} as const;
