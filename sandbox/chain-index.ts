/** A hash index from a 32-bit hash to row numbers, 12 bytes a row: a Map of a million keys would take about ten times that. */
export interface ChainIndex {
  /** Files the next row (0, 1, 2 …) under `hash`. */
  add: (hash: number) => void;
  /** Visits rows filed under `hash`, newest first, until `visit` answers true. Other keys may share the hash. */
  visit: (hash: number, visit: (row: number) => boolean) => void;
  clear: () => void;
}

/** An empty index. */
export function createChainIndex(): ChainIndex {
  let capacity = 2 ** 12;
  let heads = new Uint32Array(capacity);
  let next = new Uint32Array(capacity);
  let hashes = new Uint32Array(capacity);
  let size = 0;

  function link(row: number, hash: number) {
    const slot = hash & (capacity - 1);
    next[row] = heads[slot] ?? 0;
    heads[slot] = row + 1;
  }

  function grow() {
    capacity *= 2;
    heads = new Uint32Array(capacity);
    next = new Uint32Array(capacity);
    const wider = new Uint32Array(capacity);
    wider.set(hashes);
    hashes = wider;
    for (let row = 0; row < size; row++) link(row, hashes[row] ?? 0);
  }

  return {
    add(hash) {
      if (size === capacity) grow();
      hashes[size] = hash;
      link(size++, hash);
    },
    visit(hash, visit) {
      const wanted = hash >>> 0;
      for (let at = heads[hash & (capacity - 1)] ?? 0; at !== 0; at = next[at - 1] ?? 0) {
        if (hashes[at - 1] === wanted && visit(at - 1)) return;
      }
    },
    clear() {
      heads.fill(0);
      size = 0;
    },
  };
}
